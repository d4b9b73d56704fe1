"""The command and the environment variables of the function's process (L49)."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from poner.emulator.function import REGION, LocalFunction
from poner.emulator.sandbox.supervision import Supervisor

JSON_LOGGING = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
"""Variables that the JSON log format adds. The runtime interface client reads both; INFO is AWS's
default for this format (AWS's documentation, 2026-11)."""

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
"""The counterpart of Lambda's /var/runtime/bootstrap."""


@dataclass(frozen=True)
class Layout:
    """Paths of the code, the runtime and the interpreter, as the function sees them."""

    task: Path
    """Folder of the code: LAMBDA_TASK_ROOT and the working folder."""
    opt: Path
    """Folder of the layers."""
    runtime: Path
    """Folder of awslambdaric: LAMBDA_RUNTIME_DIR."""
    site_packages: Path
    """The interpreter's folder of packages; it holds awslambdaric's."""
    language: Path
    """Folder with the interpreter in bin/ and the standard library in lib/."""
    interpreter: Path
    """The interpreter."""
    bootstrap: Path
    """The program that starts awslambdaric."""
    temporary: Path | None
    """Folder in place of /tmp; None if the function has its own /tmp."""


@dataclass(frozen=True)
class Launch:
    """The function and the folders that every environment of it starts from."""

    function: LocalFunction
    """The function; its settings are checked."""
    interpreter: Path
    """Python of the cached environment that holds awslambdaric."""
    scratch_folder: Path
    """Private folder of this emulator; removed with its content at the end."""
    task_folder: Path
    """The unpacked code, inside the scratch folder."""
    opt_folder: Path
    """The unpacked layers, inside the scratch folder; empty without layers."""
    supervisor: Supervisor
    """The process that forks the sandboxes."""
    isolated: bool = False
    """Whether the function sees Lambda's folders instead of this machine's files."""

    @property
    def runtime_folder(self) -> Path:
        """The folder that awslambdaric is imported from; on Lambda /var/runtime."""
        return self.interpreter.parent.parent / self.function.host.packages

    @property
    def language_folder(self) -> Path:
        """The folder of the interpreter that the environment is based on; on Lambda /var/lang."""
        return self.interpreter.resolve().parents[1]

    def layout(self, temporary_folder: Path) -> Layout:
        """The paths in an environment that uses `temporary_folder` in place of /tmp."""
        if self.isolated:
            language = Path("/var/lang")
            return Layout(
                task=Path("/var/task"),
                opt=Path("/opt"),
                runtime=Path("/var/runtime"),
                site_packages=language / self.function.host.packages,
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
    """The folders that layers' modules are imported from, in this order (L54)."""
    return tuple(opt_folder / folder for folder in function.host.layer_folders)


def variables(function: LocalFunction, layout: Layout) -> dict[str, str]:
    """Lambda's variables (L49), except those that differ by process, then the user's.

    A folder in place of /tmp adds TMPDIR, which Lambda does not have: `tempfile` uses it.
    """
    task, runtime = layout.task, layout.runtime
    stream = f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{secrets.token_hex(16)}"
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
        **function.host.variables(runtime),
        **(JSON_LOGGING if function.log_format == "json" else {}),
        "LD_LIBRARY_PATH": ":".join(map(str, libraries)),
        "PATH": f"{layout.language}/bin:/usr/local/bin:/usr/bin/:/bin:{layout.opt}/bin",
        "PWD": str(task),
        "SHLVL": "0",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        **({"TMPDIR": str(layout.temporary)} if layout.temporary is not None else {}),
        **function.environment,
    }


def command(function: LocalFunction, layout: Layout) -> list[str]:
    """The command that starts the process.

    The folders that have no variable on Lambda follow the handler. The script named by
    AWS_LAMBDA_EXEC_WRAPPER receives the whole command as arguments; if the script is missing, the
    shell ends with 127, as recorded.
    """
    wrapper = function.environment.get("AWS_LAMBDA_EXEC_WRAPPER")
    around = ["/bin/sh", "-c", 'exec "$0" "$@"', wrapper] if wrapper else []
    folders = (layout.site_packages, *layer_folders(function, layout.opt))
    start = function.host.start_command(
        layout.interpreter, layout.bootstrap, function.handler, folders
    )
    return [*around, *start]
