"""One browser's side of a Streamlit session, in Streamlit's own websocket protocol, without a browser."""

import asyncio
import json

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

WAIT_SECONDS = 60.0


class Session:
    """A visitor of one page.

    Args:
        url: The dashboard's address.
        page: The page's path.
        query: What stands behind the question mark.

    Attributes:
        errors: What went wrong, in words.
        received: Bytes that came in during the last rerun.
        components: Component's name to its id and the fragment that shows it, as last seen.
        ticking: Fragments that want to be run again and again: id to seconds.
    """

    def __init__(self, url: str, page: str, query: str = "") -> None:
        self._socket_url = url.replace("http", "ws", 1) + "_stcore/stream"
        self._page_url, self._page = url + page, page
        self._socket: ClientConnection | None = None
        self._page_hash = ""
        self._query = query
        self._cached: set[str] = set()
        self.errors: list[str] = []
        self.received = 0
        self.components: dict[str, tuple[str, str]] = {}
        self.ticking: dict[str, float] = {}

    async def open(self) -> None:
        """Connects, and waits until the page stands."""
        self._socket = await connect(self._socket_url, subprotocols=["streamlit"], max_size=None)
        await self.rerun()

    async def close(self) -> None:
        """Leaves the dashboard."""
        if self._socket is not None:
            await self._socket.close()

    async def rerun(self, fragment: str | None = None, component: tuple[str, dict] | None = None) -> None:
        """Asks for a rerun and takes in the answer to its end.

        Args:
            fragment: The id of the fragment to run; None for the whole page.
            component: The id of a component, and what it has to say.
        """
        assert self._socket is not None
        asked = BackMsg()
        state = asked.rerun_script
        state.query_string = self._query
        state.context_info.url = self._page_url
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        state.cached_message_hashes.extend(self._cached)
        if fragment is None:
            state.page_name = self._page
        else:
            state.page_script_hash = self._page_hash
            state.fragment_id = fragment
        if component is not None:
            widget = state.widget_states.widgets.add()
            widget.id = component[0]
            widget.json_value = json.dumps(component[1], separators=(",", ":"))
        self.received = 0
        await self._socket.send(asked.SerializeToString())
        async with asyncio.timeout(WAIT_SECONDS):
            while not self._is_end(await self._receive()):
                pass

    async def _receive(self) -> ForwardMsg:
        assert self._socket is not None
        message = ForwardMsg()
        sent = await self._socket.recv(decode=False)
        self.received += len(sent)
        message.ParseFromString(sent)
        if message.metadata.cacheable:
            self._cached.add(message.hash)
        return message

    def _is_end(self, message: ForwardMsg) -> bool:
        """Notes what matters to the next rerun; says whether the script has finished."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page_hash = message.new_session.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "page_not_found":
            self.errors.append(f"there is no page {message.page_not_found.page_name!r}")
        elif kind == "auto_rerun":
            self.ticking[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        elif kind == "stop_auto_rerun":
            self.ticking.clear()
        elif kind == "delta":
            element = message.delta.new_element
            if element.HasField("exception"):
                self.errors.append(f"{element.exception.type}: {element.exception.message}")
            component = element.bidi_component
            if component.component_name:
                self.components[component.component_name] = (component.id, message.delta.fragment_id)
        elif kind == "script_finished":
            ends = ForwardMsg.ScriptFinishedStatus
            if message.script_finished == ends.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the script doesn't compile")
            if message.script_finished == ends.FINISHED_EARLY_FOR_RERUN:
                self.ticking.clear()  # the page begins anew (st.rerun): what still ticks says so again
                return False
            return True
        return False
