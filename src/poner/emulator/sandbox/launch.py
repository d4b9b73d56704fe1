"""How the function's process is started: its command and its variables (L49)."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from poner.emulator.function import REGION, LocalFunction
from poner.emulator.sandbox.supervision import Supervisor
from poner.limits import RUNTIMES

JSON_LOGGING = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""Variables that the JSON log format adds: the runtime interface client reads both, and
INFO is AWS's default for this format (its documentation, 2026-11)."""

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
"""What Lambda's /var/runtime/bootstrap is."""

WITHOUT_LC_CTYPE = frozenset({"3.9", "3.10", "3.11"})
"""Versions whose processes have no LC_CTYPE."""


@dataclass(frozen=True)
class Layout:
    """Where the function finds things."""

    task: Path
    """The code: LAMBDA_TASK_ROOT, the working folder."""
    opt: Path
    """The layers."""
    runtime: Path
    """awslambdaric: LAMBDA_RUNTIME_DIR."""
    site_packages: Path
    """Where the interpreter looks for packages; they are awslambdaric's."""
    language: Path
    """The folder whose bin/ holds the interpreter, and lib/ the standard library."""
    interpreter: Path
    """The interpreter itself."""
    bootstrap: Path
    """What starts awslambdaric."""
    temporary: Path | None
    """A folder in the place of /tmp; None where /tmp is the function's own."""


@dataclass(frozen=True)
class Launch:
    """What every environment of a function is started from."""

    function: LocalFunction
    """The function, its settings checked."""
    interpreter: Path
    """Python of the cached environment that holds awslambdaric."""
    scratch_folder: Path
    """Private folder of this emulator; removed with all that is in it at the end."""
    task_folder: Path
    """The unpacked code, inside the scratch folder."""
    opt_folder: Path
    """The unpacked layers, inside the scratch folder; empty without layers."""
    supervisor: Supervisor
    """What the sandboxes are forked from."""
    isolated: bool = False
    """Whether the function sees Lambda's folders, and no others of this machine's."""

    @property
    def python_version(self) -> str:
        """The function's Python version, such as `3.13`."""
        return RUNTIMES[self.function.runtime].python_version

    @property
    def runtime_folder(self) -> Path:
        """What /var/runtime is on Lambda: the folder that awslambdaric is imported from."""
        library = self.interpreter.parent.parent / "lib" / f"python{self.python_version}"
        return library / "site-packages"

    @property
    def language_folder(self) -> Path:
        """What /var/lang is on Lambda: where the interpreter behind the environment lies."""
        return self.interpreter.resolve().parents[1]

    def layout(self, temporary_folder: Path) -> Layout:
        """Where the function finds things in an environment with this folder for its /tmp."""
        if self.isolated:
            language = Path("/var/lang")
            return Layout(
                task=Path("/var/task"),
                opt=Path("/opt"),
                runtime=Path("/var/runtime"),
                site_packages=language / "lib" / f"python{self.python_version}" / "site-packages",
                language=language,
                interpreter=language / "bin" / self.interpreter.resolve().name,
                bootstrap=Path("/var/rapid/bootstrap.py"),
                temporary=None,
            )
        return Layout(
            task=self.task_folder,
            opt=self.opt_folder,
            runtime=self.runtime_folder,
            site_packages=self.runtime_folder,
            language=self.interpreter.parents[1],
            interpreter=self.interpreter,
            bootstrap=BOOTSTRAP,
            temporary=temporary_folder,
        )


def layer_folders(function: LocalFunction, opt_folder: Path) -> tuple[Path, ...]:
    """Where modules of layers are imported from, in this order (L54)."""
    python = opt_folder / "python"
    version = RUNTIMES[function.runtime].python_version
    return python / "lib" / f"python{version}" / "site-packages", python


def variables(function: LocalFunction, layout: Layout) -> dict[str, str]:
    """Lambda's variables (L49) but those that change with each process, then the user's.

    Where a folder stands for /tmp there is TMPDIR as well, which Lambda does not have: it leads
    `tempfile` there.
    """
    task, runtime = layout.task, layout.runtime
    stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{secrets.token_hex(16)}"
    python_version = RUNTIMES[function.runtime].python_version
    libraries = (
        layout.language / "lib",
        "/lib64",
        "/usr/lib64",
        runtime,
        runtime / "lib",
        task,
        task / "lib",
        layout.opt / "lib",
    )
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python_version}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
        "LAMBDA_RUNTIME_DIR": str(runtime),
        "LAMBDA_TASK_ROOT": str(task),
        "LANG": "en_US.UTF-8",
        **({"LC_CTYPE": "C.UTF-8"} if python_version not in WITHOUT_LC_CTYPE else {}),
        **(JSON_LOGGING if function.log_format == "json" else {}),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "PATH": f"{layout.language}/bin:/usr/local/bin:/usr/bin/:/bin:{layout.opt}/bin",
        "PWD": str(task),
        "PYTHONPATH": str(runtime),
        "SHLVL": "0",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        **({"TMPDIR": str(layout.temporary)} if layout.temporary is not None else {}),
        **function.environment,
    }


def command(function: LocalFunction, layout: Layout) -> list[str]:
    """How the process is started: the counterpart of Lambda's own bootstrap.

    `-S` keeps site-packages and .pth files out; `-B` because Lambda's task folder is read-only,
    so that no bytecode is ever written beside the code there. The folders that Lambda has no
    variables for follow the handler. A script that AWS_LAMBDA_EXEC_WRAPPER names gets all of it as
    arguments; where it is missing, a shell ends with 127, as recorded.
    """
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    around = ["/bin/sh", "-c", 'exec "$0" "$@"', wrapper] if wrapper else []
    folders = map(str, (layout.site_packages, *layer_folders(function, layout.opt)))
    interpreter, bootstrap = str(layout.interpreter), str(layout.bootstrap)
    return [*around, interpreter, "-S", "-B", bootstrap, function.handler, *folders]
