"""Runs one piece of Python inside toka's sandbox. It speaks the protocol of runtimes (docs/runtimes.md) on descriptors 3 and 4."""

import ast
import contextlib
import json
import os
import select
import sys
import types
import warnings

CHANNEL_IN = 3
CHANNEL_OUT = 4
MAX_DEPTH = 200
MAX_MESSAGE = 4000
MAX_SAFE_INTEGER = 2**53 - 1


class ToolError(Exception):
    """A call of a tool that did not succeed."""

    def __init__(self, code, message, hint=None, runId=None):
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.runId = runId


class UnknownToolError(ToolError, AttributeError):
    """There is no such tool, or the code may not call it."""


for error_type in (ToolError, UnknownToolError):
    # Named in tracebacks as it is in the code.
    error_type.__module__ = "builtins"


class NotJson(Exception):
    """A value that JSON cannot hold; the path to it is filled in from its end."""

    def __init__(self, found, hint=None):
        super().__init__(found)
        self.found = found
        self.hint = hint
        self.path = []


class Failure(Exception):
    """What is told to toka instead of a result."""

    def __init__(self, code, message, hint=None):
        super().__init__(message)
        self.line = {"type": "failure", "code": code, "message": message[:MAX_MESSAGE]}
        if hint is not None:
            self.line["hint"] = hint[:MAX_MESSAGE]


class Channel:
    """Lines of JSON to and from toka."""

    def __init__(self):
        self.is_over = False
        self._unread = b""
        self._owner = os.getpid()
        for descriptor in (CHANNEL_IN, CHANNEL_OUT):
            os.set_inheritable(descriptor, False)
            os.set_blocking(descriptor, True)

    def is_foreign(self):
        """Whether this is a forked child: it runs the same code to its end, and is not who toka waits for."""
        return os.getpid() != self._owner

    def is_waiting(self):
        """Whether toka has sent nothing yet."""
        return select.select([CHANNEL_IN], [], [], 0)[0] == []

    def receive(self):
        """The next line, or None where toka has ended the run."""
        pieces = []
        while True:
            before, newline, after = self._unread.partition(b"\n")
            pieces.append(before)
            self._unread = after
            if newline:
                return json.loads(b"".join(pieces))
            self._unread = os.read(CHANNEL_IN, 1 << 20)
            if self._unread == b"":
                return None

    def end(self, text):
        """Sends the last line, after all that was printed. toka then closes its side as well."""
        sys.stdout.flush()
        self.is_over = True
        self.send_text(text)

    def send_text(self, text):
        if self.is_foreign():
            return
        rest = memoryview(f"{text}\n".encode("utf-8"))
        while rest:
            rest = rest[os.write(CHANNEL_OUT, rest):]


class Calls:
    """Calls under way. Each is awaited in the event loop and thread that made it."""

    def __init__(self, channel, limits):
        import threading

        self._channel = channel
        self._limits = limits
        self._lock = threading.Lock()
        self._pending = {}
        self._made = 0
        threading.Thread(target=self._read, name="toka", daemon=True).start()

    async def call(self, tool, params):
        import asyncio

        if self._channel.is_foreign():
            raise ToolError("CODE_CALL_FAILED", "a forked process cannot call tools", "call them in the process that was forked")
        text = self._params_text(params)
        answered = asyncio.get_running_loop().create_future()
        with self._lock:
            self._made += 1
            self._pending[self._made] = answered
            self._channel.send_text(f'{{"type":"call","id":{self._made},"tool":{json.dumps(tool)},"params":{text}}}')
        return outcome(await answered)

    def _params_text(self, params):
        try:
            text = json_text(params)
        except NotJson as problem:
            raise ToolError("CODE_PARAMS_INVALID", f"params{''.join(problem.path)} is {problem.found}, which JSON cannot hold", problem.hint) from None
        most = self._limits["maxValue"]
        if len(text.encode("utf-8")) > most:
            raise ToolError("CODE_PARAMS_TOO_LARGE", f"the parameters of a call take more than {most} bytes as JSON", "write them to a file, and pass its path")
        return text

    def _read(self):
        line = self._channel.receive()
        while line is not None:
            with self._lock:
                answered = self._pending.pop(line["id"], None)
            if answered is not None:
                hand_over(answered, line["result"])
            line = self._channel.receive()
        if not self._channel.is_over:
            # toka has cancelled the run.
            os._exit(130)


def hand_over(answered, result):
    def settle():
        if not answered.done():
            answered.set_result(result)

    try:
        answered.get_loop().call_soon_threadsafe(settle)
    except RuntimeError:
        # The loop that made the call has ended without waiting for it.
        pass


def outcome(result):
    if result["status"] == "succeeded":
        return result["data"] if "data" in result else result["output"]
    error = result.get("error") or {}
    raise ToolError(error.get("code", "CODE_CALL_FAILED"), error.get("message", result["status"]), error.get("hint"), result.get("runId"))


class Tools:
    """The tools that the code may call, each an asynchronous function."""

    def __init__(self, calls, tools):
        self.__calls = calls
        self.__tools = {tool["alias"]: tool for tool in tools}

    def __getattr__(self, alias):
        tool = self.__tools.get(alias)
        if tool is not None:
            return tool_function(self.__calls, tool)
        if alias.startswith("__"):
            raise AttributeError(alias)
        raise UnknownToolError("CODE_TOOL_UNKNOWN", f"no tool is called {alias}", self.__hint(alias))

    def __hint(self, alias):
        import difflib

        near = difflib.get_close_matches(alias, self.__tools, 1, 0.5)
        if near:
            return f"did you mean tools.{near[0]}?"
        return f"there are {', '.join(sorted(self.__tools))}" if self.__tools else "the run was granted no tools: --allow tool:call:NAME"

    def __dir__(self):
        return sorted(self.__tools)


def tool_function(calls, tool):
    async def call(params=None, /, **named):
        if params is not None and not isinstance(params, dict):
            raise TypeError(f"tools.{tool['alias']} takes a dict or keyword arguments, found {type(params).__name__}")
        return await calls.call(tool["name"], {**(params or {}), **named})

    call.__name__ = call.__qualname__ = tool["alias"]
    call.__doc__ = tool["summary"]
    return call


def json_text(value):
    """The strict JSON of a value. Raises NotJson."""
    demand_json(value, [])
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def demand_json(value, above):
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        demand_text(value)
    elif isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise NotJson("an integer beyond 2**53 - 1", "pass it as text: str(number)")
    elif isinstance(value, float):
        # Neither infinite nor not a number.
        if value - value != 0:
            raise NotJson(str(float(value)))
    elif isinstance(value, (list, tuple, dict)):
        demand_members(value, above)
    else:
        is_coroutine = isinstance(value, types.CoroutineType)
        if is_coroutine:
            # Otherwise Python warns that it was never awaited, in a line of this driver.
            value.close()
        raise NotJson(f"of the type {type(value).__name__}", "put await before it" if is_coroutine else None)


def demand_text(value):
    if value.isascii():
        return
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise NotJson("text with half of a surrogate pair") from None


def demand_members(value, above):
    if any(each is value for each in above):
        raise NotJson("inside itself")
    if len(above) >= MAX_DEPTH:
        raise NotJson(f"nested deeper than {MAX_DEPTH} levels")
    above.append(value)
    for key, member in value.items() if isinstance(value, dict) else enumerate(value):
        try:
            if isinstance(value, dict) and not isinstance(key, str):
                raise NotJson(f"under a key of the type {type(key).__name__}", "make its keys text")
            demand_json(key, above)
            demand_json(member, above)
        except NotJson as problem:
            problem.path.insert(0, f".{key}" if isinstance(key, str) and key.isidentifier() else f"[{key!r:.80}]")
            raise
    above.pop()


class ReturnsAsExpressions(ast.NodeTransformer):
    """Makes an expression of each `return` outside of functions, so that the rest can be compiled as what it is: a module."""

    def __init__(self):
        self.found = False

    def visit_Return(self, node):
        self.found = True
        return ast.copy_location(ast.Expr(node.value or ast.copy_location(ast.Constant(None), node)), node)

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = leave


class ModuleInFunction(ast.NodeTransformer):
    """Rewrites what a module may have and a function may not, where it stands outside of functions."""

    def visit_Global(self, node):
        return ast.copy_location(ast.Pass(), node)

    def visit_AnnAssign(self, node):
        if not isinstance(node.target, ast.Name):
            return node
        return ast.copy_location(ast.Pass() if node.value is None else ast.Assign([node.target], node.value), node)

    def visit_ImportFrom(self, node):
        if node.names[0].name != "*":
            return node
        call = ast.parse(f"exec({ast.unparse(node)!r}, globals())").body[0]
        for part in ast.walk(call):
            ast.copy_location(part, node)
        return call

    def leave(self, node):
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_ClassDef = leave


def compiled(source, name):
    """
    The code as a function of its globals that gives its value, or an awaitable of that. It is a module; with a `return` outside of functions,
    the body of a function all of whose names are global.
    """
    returns = ReturnsAsExpressions()
    tree = returns.visit(ast.parse(source, name))
    module = compile(tree, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    is_async = bool(module.co_flags & 0x80)
    if not returns.found:
        return lambda namespace: eval(module, namespace), is_async
    module = compile(function_of(source, name, is_async), name, "exec", dont_inherit=True)

    def start(namespace):
        exec(module, namespace)
        function = namespace.pop("__body__")
        function.__code__ = function.__code__.replace(co_name="<module>")
        return function()

    return start, is_async


def function_of(source, name, is_async):
    """A module that defines `__body__`."""
    import symtable

    symbols = symtable.symtable(source, name, "exec").get_symbols()
    names = [symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()]
    body = ModuleInFunction().visit(ast.parse(source, name)).body
    futures = [part for part in body if isinstance(part, ast.ImportFrom) and part.module == "__future__"]
    tree = ast.parse(f"{'async ' if is_async else ''}def __body__(): pass")
    tree.body[0].body = [*([ast.Global(names)] if names else []), *(part for part in body if part not in futures)]
    tree.body[:0] = futures
    return ast.fix_missing_locations(tree)


def place_of(error, source, name):
    """` (NAME:LINE:COLUMN)` of where the code raised it; without the column before Python 3.11."""
    inside = [frame for frame in frames_of(error) if frame.tb_frame.f_code.co_filename == name]
    if not inside:
        return ""
    last = inside[-1]
    code = last.tb_frame.f_code
    line, column = last.tb_lineno, None
    if hasattr(code, "co_positions"):
        import itertools

        found, _, column, _ = next(itertools.islice(code.co_positions(), last.tb_lasti // 2, None))
        line = line if found is None else found
    if column is None or line is None:
        return f" ({name}:{line})"
    lines = source.splitlines()
    text = lines[line - 1].encode("utf-8")[:column].decode("utf-8", "replace") if line <= len(lines) else ""
    return f" ({name}:{line}:{len(text) + 1})"


def frames_of(error):
    frame = error.__traceback__
    while frame is not None:
        yield frame
        frame = frame.tb_next


def text_of(error):
    try:
        text = str(error)
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def print_error(error, source, name):
    """Prints a traceback from where the code itself begins, without this driver."""
    import linecache
    import traceback

    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    told = traceback.TracebackException.from_exception(error)
    pending = [told]
    while pending:
        each = pending.pop()
        own = [frame for frame in each.stack if frame.filename != __file__]
        first = next((at for at, frame in enumerate(own) if frame.filename == name), 0)
        each.stack[:] = own[first:]
        pending += [one for one in (each.__cause__, each.__context__, *(getattr(each, "exceptions", None) or ())) if one is not None]
    print("".join(told.format()), end="", file=sys.stderr)


def syntax_failure(error, name):
    if isinstance(error, SyntaxError):
        place = ":".join(str(each) for each in (name, error.lineno, error.offset) if each is not None)
        return Failure("CODE_SYNTAX", f"{type(error).__name__}: {error.msg} ({place})")
    return Failure("CODE_SYNTAX", f"{text_of(error)} ({name})")


def result_text(value, limits):
    try:
        text = json_text(value)
    except NotJson as problem:
        raise Failure("CODE_RESULT_INVALID", f"result{''.join(problem.path)} is {problem.found}, which JSON cannot hold", problem.hint) from None
    size, most = len(text.encode("utf-8")), limits["maxValue"]
    if size > most:
        raise Failure("CODE_RESULT_TOO_LARGE", f"the result takes {size} bytes as JSON, of at most {most}", "write it to a file in the folder $TOKA_ARTIFACTS")
    return text


def module_for(order, calls):
    """The module that the code is, in place of this driver: pickles, dataclasses and `if __name__ == "__main__"` find it."""
    main = types.ModuleType("__main__")
    main.params = order["params"]
    main.tools = Tools(calls, order["tools"])
    main.ToolError = ToolError
    sys.modules["__main__"] = main
    sys.argv = [order["name"]]
    # The thread that reads the channel holds nothing that a forked child could wait for.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded, use of fork", DeprecationWarning)
    sys.path.insert(0, os.getcwd())
    return main


def run(order, channel):
    source, name = order["source"], order["name"]
    try:
        start, is_async = compiled(source, name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, SyntaxError):
            print_error(error.with_traceback(None), source, name)
        raise syntax_failure(error, name) from None
    namespace = module_for(order, Calls(channel, order["limits"])).__dict__
    try:
        value = start(namespace)
        if is_async:
            import asyncio

            value = asyncio.run(value)
    except SystemExit:
        raise
    except BaseException as error:
        print_error(error, source, name)
        hint = getattr(error, "hint", None)
        raise Failure("CODE_THREW", text_of(error)[:MAX_MESSAGE] + place_of(error, source, name), hint if isinstance(hint, str) else None) from None
    return result_text(value, order["limits"])


def leave():
    """
    Ends the process without taking the interpreter apart, which takes longer than a short run, after all that a person sees of that: `atexit`,
    `__del__`, files that were not closed. Returns where there is more to wait for.
    """
    import atexit
    import gc
    import io
    import threading

    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        return
    atexit._run_exitfuncs()
    sys.modules["__main__"].__dict__.clear()
    gc.collect()
    streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    own = {id(layer) for stream in streams for layer in (stream, stream.buffer, stream.buffer.raw)}
    if any(issubclass(type(each), io.IOBase) and id(each) not in own and not each.closed for each in gc.get_objects()):
        return
    for stream in streams[1:]:
        stream.flush()
    os._exit(0)


def preload():
    """What nearly all code needs, while there is nothing else to do."""
    import gc
    import asyncio, collections, datetime, itertools, linecache, math, re, symtable, threading, traceback  # noqa: E401, F401

    # What is there from here on needs no look at the end.
    gc.freeze()


def main():
    channel = Channel()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)
    if channel.is_waiting():
        preload()
        channel.send_text('{"type":"ready"}')
    order = channel.receive()
    if order is None:
        return 0
    os.environ.update(order.get("env", {}))
    try:
        text = run(order, channel)
        channel.end(f'{{"type":"result","data":{text}}}')
    except Failure as failure:
        channel.end(json.dumps(failure.line))
        return 1
    with contextlib.suppress(Exception):
        leave()
    return 0


sys.exit(main())
