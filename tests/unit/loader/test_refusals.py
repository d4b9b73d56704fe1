"""Hostile model files: each is refused with the list of what it names, and nothing of it runs."""

import builtins
import functools
import importlib
import io
import json
import operator
import os
import pickle
import subprocess
import zipfile

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from poner import loader
from poner.errors import ModelRefusedError
from poner.loader.safe_pickle.faults import FileRefusedError
from poner.loader.safe_pickle.loading import load_content


class Calls:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


def touch(mark):
    """The shell command of the mark."""
    return f"touch {mark}"


def nested(mark):
    """pickle.loads of a hostile pickle that lies in bytes."""
    return Calls(pickle.loads, pickle.dumps(Calls(os.system, touch(mark))))


def partial(mark):
    """A partial of a function with power, called by another call."""
    return Calls(functools.partial(os.system, touch(mark)))


CALLS = {
    "posix.system": lambda mark: Calls(os.system, touch(mark)),
    "builtins.eval": lambda mark: Calls(eval, f"open({str(mark)!r}, 'w')"),
    "builtins.exec": lambda mark: Calls(exec, f"open({str(mark)!r}, 'w')"),
    "subprocess.Popen": lambda mark: Calls(subprocess.Popen, ["touch", str(mark)]),
    "io.open": lambda mark: Calls(io.open, str(mark), "w"),
    "builtins.getattr": lambda mark: Calls(getattr, os, "system"),
    "importlib.import_module": lambda mark: Calls(importlib.import_module, "antigravity"),
    "operator.attrgetter": lambda mark: Calls(operator.attrgetter, "system"),
    "numpy.memmap": lambda mark: Calls(np.memmap, str(mark), "u1", "w+", 0, (3,)),
    "numpy.fromfile": lambda mark: Calls(np.fromfile, "/etc/passwd", "u1"),
    "numpy.load": lambda mark: Calls(np.load, "/etc/passwd"),
    "joblib.numpy_pickle.load": lambda mark: Calls(joblib.load, "/etc/passwd"),
    "builtins.__import__": lambda mark: Calls(builtins.__import__, "antigravity"),
}


@pytest.mark.parametrize("protocol", [0, 4])
def test_a_pickle_inside_a_pickle_is_refused_by_what_would_load_it(protocol, mark, tmp_path):
    """Bytes are not looked into; the call that would load them is refused."""
    names = refusal(pickle.dumps(nested(mark), protocol), tmp_path).names
    assert {"pickle.loads", "_pickle.loads"} & set(names)


def test_a_partial_of_a_function_with_power_is_refused(mark, tmp_path):
    """What it wraps is named like anything else."""
    assert "posix.system" in refusal(pickle.dumps(partial(mark)), tmp_path).names


def refusal(content, tmp_path, name="clf.sav"):
    """What opening the content raises."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ModelRefusedError) as caught, loader.open_model(file):
        pass
    return caught.value


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("protocol", [0, 4])
def test_calls_outside_the_allow_list_are_refused(name, protocol, mark, tmp_path):
    """A pickle that calls a function with power is refused by its name, and did not run."""
    try:
        content = pickle.dumps(CALLS[name](mark), protocol)
    except TypeError:  # modules cannot be pickled: name the function alone
        content = pickle.dumps(CALLS[name](mark).reduced[0], protocol)
    error = refusal(content, tmp_path)
    assert name in error.names
    assert name in error.message


def test_the_message_lists_what_is_refused_and_says_that_none_of_it_ran(mark, tmp_path):
    """The refusal is one sentence with the names and one with the way on."""
    error = refusal(pickle.dumps(Calls(os.system, touch(mark))), tmp_path)
    assert error.message == (
        "clf.sav is refused: it names posix.system, which no fitted scikit-learn model needs. "
        "No code of the file was run."
    )
    assert error.names == ("posix.system",)
    assert error.hint


def test_a_hostile_part_of_a_real_model_is_refused(models, mark, tmp_path):
    """One call inside an attribute of an honest estimator is enough, and all names are listed."""
    model = pickle.loads(pickle.dumps(models["regressor"]))
    model.extra = Calls(os.system, touch(mark))
    error = refusal(pickle.dumps(model), tmp_path)
    assert "posix.system" in error.names
    assert "sklearn.linear_model._ridge.Ridge" in error.names


def test_dotted_names_are_refused(tmp_path):
    """STACK_GLOBAL walks attributes of an allowed class; a dotted name is on no list."""
    content = b"\x80\x04\x8c\x0dsklearn.utils\x8c\x13Bunch.__class__.mro\x93."
    assert refusal(content, tmp_path).names == ("sklearn.utils.Bunch.__class__.mro",)


@pytest.mark.parametrize("opcode", [b"cposix\nsystem\n", b"\x8c\x05posix\x8c\x06system\x93"])
def test_either_way_of_naming_a_global_is_listed(opcode, tmp_path):
    """GLOBAL and STACK_GLOBAL are read the same."""
    assert refusal(b"\x80\x04" + opcode + b".", tmp_path).names == ("posix.system",)


def test_names_put_together_through_the_memo_are_listed(tmp_path):
    """Module and name may come from the memo, from anywhere in the file."""
    content = b"\x80\x04\x8c\x06system\x94\x8c\x05posix\x94\x30\x30h\x01h\x00\x93."
    assert refusal(content, tmp_path).names == ("posix.system",)


def test_instances_by_inst_and_obj_are_calls(mark, tmp_path):
    """The opcodes of protocol 0 and 1 that call a class are calls like any other."""
    inst = b"(S'" + touch(mark).encode() + b"'\niposix\nsystem\n."
    obj = b"(cposix\nsystem\nS'" + touch(mark).encode() + b"'\no."
    assert refusal(inst, tmp_path).names == ("posix.system",)
    assert refusal(obj, tmp_path).names == ("posix.system",)


def test_python_2_names_are_read_as_python_3_reads_them(tmp_path):
    """`__builtin__.eval` of protocol 2 is builtins.eval."""
    assert refusal(b"\x80\x02c__builtin__\neval\n.", tmp_path).names == ("builtins.eval",)


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04\x8c\x03idsQ.",  # BINPERSID
        b"Pids\n.",  # PERSID
        b"\x80\x02\x82\x01.",  # EXT1
        b"\x80\x02\x83\x01\x00.",  # EXT2
        b"\x80\x02\x84\x01\x00\x00\x00.",  # EXT4
        b"\x80\x05\x97.",  # NEXT_BUFFER
    ],
)
def test_opcodes_that_reach_outside_the_file_are_refused(content, tmp_path):
    """Persistent ids, the extension registry and out-of-band buffers: no model needs them."""
    assert "which no fitted model needs" in refusal(content, tmp_path).message


def hide_in_object_array(mark, **options):
    """A joblib file whose object array holds a hostile inner pickle."""
    stream = io.BytesIO()
    array = np.array([Calls(os.system, touch(mark)), None], dtype=object)
    joblib.dump({"model": array}, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("compress", [0, "zlib", "gzip", "bz2", "xz", "lzma"])
def test_pickles_inside_joblib_arrays_are_listed(compress, mark, tmp_path):
    """Joblib writes arrays of objects as pickles of their own, compressed or not."""
    options = {"compress": (compress, 3)} if compress else {}
    error = refusal(hide_in_object_array(mark, **options), tmp_path, "clf.joblib")
    assert "posix.system" in error.names


def skops_with(node):
    """A skops file of one node."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("schema.json", json.dumps({"protocol": 2, **node}))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("node", "name"),
    [
        ({"__loader__": "TypeNode", "__module__": "os", "__class__": "system"}, "os.system"),
        ({"__loader__": "FunctionNode", "__module__": "os", "__class__": "system"}, "os.system"),
        (
            {
                "__loader__": "FunctionNode",
                "__module__": "builtins",
                "__class__": "function",
                "content": {"module_path": "os", "function": "system"},
            },
            "os.system",
        ),
        ({"__loader__": "ObjectNode", "__module__": "os", "__class__": "_wrap"}, "os._wrap"),
        (
            {
                "__loader__": "OperatorFuncNode",
                "__module__": "operator",
                "__class__": "methodcaller",
                "attrs": {},
            },
            "operator.methodcaller",
        ),
        (
            {
                "__loader__": "MethodNode",
                "__module__": "sklearn.pipeline",
                "__class__": "Pipeline",
                "content": {"func": "fit", "obj": {}},
            },
            "sklearn.pipeline.Pipeline.fit",
        ),
        (
            {
                "__loader__": "PartialNode",
                "__module__": "functools",
                "__class__": "partial",
                "content": {
                    "func": {
                        "__loader__": "FunctionNode",
                        "__module__": "os",
                        "__class__": "system",
                    }
                },
            },
            "os.system",
        ),
    ],
)
def test_skops_nodes_are_held_to_the_same_list(node, name, tmp_path):
    """Types, functions, methods and partials in a skops file are refused by name."""
    assert name in refusal(skops_with(node), tmp_path, "clf.skops").names


def test_a_slice_of_a_skops_file_has_plain_bounds(rows):
    """A dictionary in the place of a bound is refused, as in a pickle."""
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    model.columns = slice(0, 1)
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = members["schema.json"].replace(b'"stop": 1', b'"stop": {}')
    assert schema != members["schema.json"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in {**members, "schema.json": schema}.items():
            archive.writestr(name, content)
    with pytest.raises(FileRefusedError, match="slice"):
        load_content(stream.getvalue())


def test_a_class_under_an_innocent_loader_is_listed(tmp_path):
    """What a node says of its class counts, whatever loader it asks for."""
    node = {"__loader__": "ListNode", "__module__": "os", "__class__": "system", "content": []}
    assert "os.system" in refusal(skops_with(node), tmp_path, "clf.skops").names


OTHER_WAY = "use scikit-learn's own classes, which the native engine compiles."

WAYS_OUT = {
    "__main__": (
        "Move the class to a module of its own, import it from there, save the model again and "
        f"list the file in `include = [...]` under [build] in poner.toml, or {OTHER_WAY}"
    ),
    "my_project.features": (
        "If my_project is your own module, list its file in `include = [...]` under [build] in "
        "poner.toml. If it belongs to a package that you trust, allow its classes: "
        "--allow my_project."
    ),
}


@pytest.mark.parametrize("module", WAYS_OUT)
def test_a_class_of_the_users_own_is_refused_with_the_two_ways_out(module, tmp_path):
    """An honest file with a class that poner cannot know says what to do instead."""
    error = refusal(f"c{module}\nOwn\n.".encode(), tmp_path)
    assert error.names == (f"{module}.Own",)
    assert error.hint == WAYS_OUT[module]


@pytest.mark.parametrize("module", ["posix", "os", "numpy", "lightgbm.basic", "sklearn.datasets"])
def test_beside_a_function_with_power_no_way_out_is_offered(module, tmp_path):
    """A file that names a class of `__main__` and os.system is no honest mistake."""
    error = refusal(f"c__main__\nOwn\nc{module}\nload\n\x86.".encode("latin1"), tmp_path)
    assert "include" not in error.hint
    assert str(error).count("No code of the file was run") == 1


def test_a_persistent_id_is_refused_with_one_word_on_what_ran(tmp_path):
    """Where a feature of pickle is refused, the sentence on what was run stands once, too."""
    assert str(refusal(b"Pname\n.", tmp_path)).count("No code of the file was run") == 1


def test_a_published_package_is_not_offered_as_a_module_of_ones_own(tmp_path):
    """A package from an index, here PyYAML, is nothing that `include` can list."""
    error = refusal(b"cyaml\nLoader\n.", tmp_path)
    assert "include" not in error.hint
    assert error.hint.startswith("If you trust the package yaml, allow its classes: --allow yaml")


def test_cloudpickle_is_named_with_the_way_out(tmp_path):
    """The file holds the code of a function; moving the function to a module is the way out."""
    import cloudpickle

    error = refusal(cloudpickle.dumps(lambda row: row), tmp_path)
    assert error.message == (
        "clf.sav is refused: cloudpickle stored functions or classes in it as code, which poner "
        "never runs. No code of the file was run."
    )
    assert "include" in error.hint


def test_a_cloudpickle_without_code_is_a_pickle(models, tmp_path):
    """The library writes an estimator of scikit-learn as pickle does."""
    import cloudpickle

    (tmp_path / "clf.sav").write_bytes(cloudpickle.dumps(models["regressor"]))
    with loader.open_model(tmp_path) as model:
        assert model.estimator.type_name == "sklearn.linear_model._ridge.Ridge"


def test_dill_is_named_with_the_way_out(tmp_path):
    """Even an array is a call of dill's own; saving with pickle is the way out."""
    error = refusal(b"cdill._dill\n_create_array\n(tR.", tmp_path)
    assert "dill wrote it" in error.message
    assert "save the model again with pickle or joblib" in error.hint


def test_names_are_listed_without_opening(models, tmp_path):
    """list_globals shows what a file names, its version and its format."""
    import sklearn

    file = tmp_path / "clf.skops"
    file.write_bytes(skops.io.dumps(models["boosting"]))
    listed = loader.list_globals(file)
    assert "sklearn.tree._tree.Tree" in listed.names
    assert listed.refused == ()
    assert listed.sklearn_version == sklearn.__version__
    assert listed.format == "skops"
