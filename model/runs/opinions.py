"""What people read in digits that a network reads otherwise: one answer of each student to each digit.

An answer is a class, "0" to "9", or ``NOBODY``. It may be changed. Whoever can reach the lab can answer, and
can make themselves a new student at will: so there is an end to what one student, and all together, may
leave.
"""

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from model.runs import tables
from model.runs.database import Database
from model.runs.records import RunError

NOBODY = "nobody"  # can tell
ANSWERS = (*"0123456789", NOBODY)
MOST_OF_A_STUDENT = 1_000
MOST = 200_000  # some 30 MB


class Opinions(Database):
    """What people read in digits."""

    def opine(self, student: str, dataset: str, part: str, place: int, answer: str) -> None:
        """Keeps a student's answer to a digit, in the place of the one before.

        Args:
            student: the student's token; "" for the person at this machine.
            dataset: the data set's name.
            part: one of its parts.
            place: the digit's place in that part, from 0.
            answer: one of ``ANSWERS``.

        Raises:
            RunError: it is none of them, or there are too many answers already.
        """
        if answer not in ANSWERS:
            raise RunError(f"an answer is one of {', '.join(ANSWERS)}, not {answer!r}")
        table = tables.opinions
        digit = {"dataset": dataset, "part": part, "place": place, "student": student}
        same = [table.c[name] == value for name, value in digit.items()]
        counting = select(func.count()).select_from(table)
        with self._writing() as connection:
            if connection.execute(select(table.c.answer).where(*same)).first() is None:
                own = connection.execute(counting.where(table.c.student == student)).scalar_one()
                if own >= MOST_OF_A_STUDENT or connection.execute(counting).scalar_one() >= MOST:
                    limits = f"{MOST_OF_A_STUDENT:,} of a student, {MOST:,} in all"
                    raise RunError(f"no further answer is kept: there is room for {limits}")
            kind = {"sqlite": sqlite, "postgresql": postgresql}[connection.dialect.name]
            adding = kind.insert(table).values(**digit, answer=answer)
            connection.execute(
                adding.on_conflict_do_update(index_elements=list(table.primary_key), set_={"answer": answer})
            )

    def own_opinions(self, student: str, dataset: str, part: str) -> dict[int, str]:
        """What a student answered to the digits of a part: the digit's place to the answer."""
        table = tables.opinions
        own = table.c.student == student, table.c.dataset == dataset, table.c.part == part
        with self._reading() as connection:
            return {
                row[0]: row[1]
                for row in connection.execute(select(table.c.place, table.c.answer).where(*own))
            }

    def opinions(self, dataset: str, part: str, place: int) -> dict[str, int]:
        """How many students gave each answer to a digit, the commonest answer first."""
        table = tables.opinions
        same = table.c.dataset == dataset, table.c.part == part, table.c.place == place
        counted = select(table.c.answer, func.count()).where(*same).group_by(table.c.answer)
        with self._reading() as connection:
            found = [(row[0], row[1]) for row in connection.execute(counted)]
        return dict(sorted(found, key=lambda pair: (-pair[1], ANSWERS.index(pair[0]))))
