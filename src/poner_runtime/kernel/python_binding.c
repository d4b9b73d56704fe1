/* The Python module poner_runtime._kernel: six functions over kernel.h. */
#include <stdbool.h>

#ifdef PONER_CHECK_ABI3
#define Py_LIMITED_API 0x03090000
#include <Python.h>
#endif

#include "kernel.h"
#include "python_abi3.h"
#include "request.h"

#define MODULE "poner_runtime._kernel"
#define CAPSULE MODULE ".model"
#define ONE_ROW_VALUES 512 /* values of a row that need no memory from the heap */

typedef struct {
    poner_model model;
    PyObject *content; /* the bytes that `model` is a view of */
} bound_model;

static PyObject *bad_model_error;
static PyObject *refused_error;

static PyObject *raise_fault(const poner_fault *fault) {
    const Py_ssize_t column = fault->column == PONER_NONE ? -1 : (Py_ssize_t)fault->column;
    PyObject *where = Py_BuildValue("nnI", (Py_ssize_t)fault->row, column, (unsigned)fault->reason);
    if (where) {
        PyErr_SetObject(refused_error, where);
        Py_DecRef(where);
    }
    return NULL;
}

/* The model in a capsule; NULL with an exception set for any other object. */
static const poner_model *model_of(PyObject *capsule) {
    const bound_model *bound = PyCapsule_GetPointer(capsule, CAPSULE);
    return bound ? &bound->model : NULL;
}

static void close_model(PyObject *capsule) {
    bound_model *bound = PyCapsule_GetPointer(capsule, CAPSULE);
    Py_DecRef(bound->content);
    PyMem_Free(bound);
}

/* Put a new object into a new tuple. If `item` is NULL, free the tuple and return NULL. */
static PyObject *put(PyObject *tuple, uint32_t place, PyObject *item) {
    if (item && PyTuple_SetItem(tuple, (Py_ssize_t)place, item) == 0) return tuple;
    Py_DecRef(tuple);
    return NULL;
}

static PyObject *open_model(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *content;
    char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(arguments, "O:open_model", &content)) return NULL;
    if (PyBytes_AsStringAndSize(content, &bytes, &size) < 0) return NULL;
    bound_model *bound = PyMem_Malloc(sizeof *bound);
    if (!bound) return PyErr_NoMemory();
    const char *problem = poner_open((const uint8_t *)bytes, (size_t)size, &bound->model);
    if (problem) PyErr_SetString(bad_model_error, problem);
    PyObject *capsule = problem ? NULL : PyCapsule_New(bound, CAPSULE, close_model);
    if (!capsule) {
        PyMem_Free(bound);
        return NULL;
    }
    Py_IncRef(content);
    bound->content = content;
    return capsule;
}

static PyObject *list_outputs(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    if (!PyArg_ParseTuple(arguments, "O:list_outputs", &capsule)) return NULL;
    const poner_model *model = model_of(capsule);
    if (!model) return NULL;
    PyObject *outputs = PyTuple_New((Py_ssize_t)model->n_outputs);
    for (uint32_t i = 0; outputs && i < model->n_outputs; i++) {
        const uint32_t name = model->outputs[i].name;
        outputs = put(outputs, i, Py_BuildValue("II", name, poner_output_width(model, i)));
    }
    return outputs;
}

/* The model and the index of an output given by name; NULL with an exception set. */
static const poner_model *find(PyObject *capsule, unsigned name, uint32_t *output) {
    const poner_model *model = model_of(capsule);
    *output = model ? poner_find_output(model, name) : PONER_NONE;
    if (*output != PONER_NONE) return model;
    if (model) PyErr_SetString(PyExc_ValueError, "the model has no such output");
    return NULL;
}

static bool read_row(PyObject *values, double *row, uint32_t n_features) {
    if (PyTuple_Size(values) != (Py_ssize_t)n_features) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "a row has the wrong length");
        return false;
    }
    for (uint32_t i = 0; i < n_features; i++) {
        row[i] = PyFloat_AsDouble(PyTuple_GetItem(values, (Py_ssize_t)i));
        if (row[i] == -1.0 && PyErr_Occurred()) return false;
    }
    return true;
}

static PyObject *make_result(const double *values, uint32_t width) {
    if (width == 1) return PyFloat_FromDouble(values[0]);
    PyObject *result = PyTuple_New((Py_ssize_t)width);
    for (uint32_t i = 0; result && i < width; i++)
        result = put(result, i, PyFloat_FromDouble(values[i]));
    return result;
}

/* One output for one row: the tuple `values`, or if that is NULL a request's body. A body that is
 * not plain, or whose row is refused, gives None; the handler in Python then explains the problem. */
static PyObject *answer_row(const poner_model *model, uint32_t output, PyObject *values,
                            poner_text body) {
    const uint32_t count = model->n_features, width = poner_output_width(model, output);
    const size_t n_values = (size_t)count + width, scratch_bytes = poner_scratch_bytes(model, 1);
    const size_t bytes = n_values * sizeof(double) + scratch_bytes + count;
    double on_stack[ONE_ROW_VALUES];
    double *row = bytes <= sizeof on_stack ? on_stack : PyMem_Malloc(bytes);
    if (!row) return PyErr_NoMemory();
    double *result = row + count, *scratch = row + n_values;
    uint8_t *seen = (uint8_t *)scratch + scratch_bytes;
    poner_status status = PONER_REFUSED;
    poner_fault fault;
    PyObject *answer = NULL;
    const bool is_read =
        values ? read_row(values, row, count) : poner_read_request(body, &model->served, row, seen);
    if (is_read) status = poner_evaluate(model, output, row, 1, result, scratch, &fault);
    if (status == PONER_OK)
        answer = make_result(result, width);
    else if (!values)
        answer = Py_BuildValue("");
    else if (is_read)
        raise_fault(&fault);
    if (row != on_stack) PyMem_Free(row);
    return answer;
}

static PyObject *evaluate_row(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *values;
    unsigned name;
    uint32_t output;
    if (!PyArg_ParseTuple(arguments, "OIO:evaluate_row", &capsule, &name, &values)) return NULL;
    const poner_model *model = find(capsule, name, &output);
    return model ? answer_row(model, output, values, (poner_text){NULL, 0}) : NULL;
}

static PyObject *decode(poner_text text) {
    return PyUnicode_DecodeUTF8(text.bytes, (Py_ssize_t)text.size, "surrogatepass");
}

/* Strings `start` to `end` of a list as a tuple. */
static PyObject *make_strings(const poner_served *served, poner_list list, uint32_t start,
                              uint32_t end) {
    PyObject *strings = PyTuple_New((Py_ssize_t)(end - start));
    for (uint32_t i = start; strings && i < end; i++)
        strings = put(strings, i - start, decode(poner_string(served, list, i)));
    return strings;
}

static PyObject *make_list(const poner_served *served, poner_list list) {
    return make_strings(served, list, 0, served->header->counts[list]);
}

/* The classes of each output, as JSON; None for a regressor. */
static PyObject *make_classes(const poner_served *served) {
    const uint32_t n_outputs = served->header->n_outputs;
    if (n_outputs == 0) return Py_BuildValue("");
    PyObject *outputs = PyTuple_New((Py_ssize_t)n_outputs);
    for (uint32_t i = 0, start = 0; outputs && i < n_outputs; start = served->class_ends[i++])
        outputs =
            put(outputs, i, make_strings(served, PONER_CLASSES, start, served->class_ends[i]));
    return outputs;
}

/* One byte for each feature: 1 if it has a flag, or with flag 0 if it is a category. */
static PyObject *make_bits(const poner_served *served, uint32_t flag) {
    const uint32_t count = served->header->counts[PONER_WIRE_NAMES];
    PyObject *bits = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)count);
    char *bytes = bits ? PyByteArray_AsString(bits) : NULL;
    for (uint32_t i = 0; bits && i < count; i++) {
        const poner_feature *feature = served->features + i;
        const bool holds = flag ? feature->flags & flag : feature->kind == PONER_CATEGORY;
        bytes[i] = (char)holds;
    }
    return bits;
}

/* The section of an opened model; NULL with an exception set if there is none. */
static const poner_served *served_of(PyObject *capsule) {
    const poner_model *model = model_of(capsule);
    if (model && model->served.header) return &model->served;
    if (model) PyErr_SetString(bad_model_error, "it has no description of its features");
    return NULL;
}

static PyObject *describe(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    if (!PyArg_ParseTuple(arguments, "O:describe", &capsule)) return NULL;
    const poner_served *served = served_of(capsule);
    if (!served) return NULL;
    return Py_BuildValue(
        "{s:N,s:N,s:N,s:N,s:N,s:N,s:s,s:I}", "wire_names", make_list(served, PONER_WIRE_NAMES),
        "is_text", make_bits(served, 0), "missing", make_bits(served, PONER_TAKES_NULL), "ignored",
        make_bits(served, PONER_IGNORED), "vocabulary", make_list(served, PONER_VOCABULARY),
        "classes", make_classes(served), "number_type",
        served->header->number_type == PONER_SERVES_FLOAT32 ? "float32" : "float64",
        "body_limit_bytes", served->header->body_limit_bytes);
}

static PyObject *predict_body(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule, *body;
    uint32_t output;
    char *bytes;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(arguments, "OO:predict_body", &capsule, &body)) return NULL;
    const poner_model *model = find(capsule, PONER_PREDICT, &output);
    if (!model || !served_of(capsule) || PyBytes_AsStringAndSize(body, &bytes, &size) < 0)
        return NULL;
    return answer_row(model, output, NULL, (poner_text){bytes, (size_t)size});
}

/* Without the interpreter's lock: other threads can evaluate at the same time. */
static PyObject *run_rows(const poner_model *model, uint32_t output, const char *rows,
                          size_t n_rows) {
    const size_t bytes = n_rows * poner_output_width(model, output) * sizeof(double);
    PyObject *result = PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)bytes);
    void *scratch = PyMem_Malloc(poner_scratch_bytes(model, n_rows));
    if (!result || !scratch) {
        if (result) Py_DecRef(result);
        PyMem_Free(scratch);
        return PyErr_NoMemory();
    }
    double *values = (double *)(void *)PyByteArray_AsString(result);
    poner_fault fault;
    PyThreadState *state = PyEval_SaveThread();
    const poner_status status = poner_evaluate(model, output, (const double *)(const void *)rows,
                                               n_rows, values, scratch, &fault);
    PyEval_RestoreThread(state);
    PyMem_Free(scratch);
    if (status == PONER_OK) return result;
    Py_DecRef(result);
    return raise_fault(&fault);
}

static PyObject *evaluate(PyObject *module, PyObject *arguments) {
    (void)module;
    PyObject *capsule;
    unsigned name;
    uint32_t output;
    const char *bytes; /* of the rows, which the tuple of arguments keeps alive */
    Py_ssize_t size;
    if (!_PyArg_ParseTuple_SizeT(arguments, "OIy#:evaluate", &capsule, &name, &bytes, &size))
        return NULL;
    const poner_model *model = find(capsule, name, &output);
    if (!model) return NULL;
    const size_t row_bytes = model->n_features * sizeof(double);
    if ((size_t)size % row_bytes) {
        PyErr_SetString(PyExc_ValueError, "the rows have the wrong length");
        return NULL;
    }
    return run_rows(model, output, bytes, (size_t)size / row_bytes);
}

static PyMethodDef methods[] = {
    {"open_model", open_model, METH_VARARGS,
     "open_model(content: bytes) -> model\n\n"
     "Check a compiled model; raises BadModelError, which says what is wrong."},
    {"list_outputs", list_outputs, METH_VARARGS,
     "list_outputs(model) -> ((name, width), ...)\n\nThe outputs, by number and values a row."},
    {"evaluate_row", evaluate_row, METH_VARARGS,
     "evaluate_row(model, output: int, values: tuple) -> float | tuple\n\n"
     "One output for one row of n_features numbers; raises RefusedError(row, column, reason)."},
    {"describe", describe, METH_VARARGS,
     "describe(model) -> dict\n\nWhat the file says of its model; raises BadModelError where it "
     "says nothing."},
    {"predict_body", predict_body, METH_VARARGS,
     "predict_body(model, body: bytes) -> float | tuple | None\n\n"
     "The prediction for a plain JSON request; None for a body that is not plain."},
    {"evaluate", evaluate, METH_VARARGS,
     "evaluate(model, output: int, rows: bytes or array) -> bytearray\n\n"
     "One output for many rows: float64, row after row, in and out; raises RefusedError."},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_kernel",
    .m_doc = "Evaluates compiled models (docs/model_format.md).",
    .m_size = -1,
    .m_methods = methods,
};

__attribute__((visibility("default"))) PyObject *PyInit__kernel(void);

PyObject *PyInit__kernel(void) {
    PyObject *module = PyModule_Create2(&definition, PONER_PYTHON_ABI_VERSION);
    if (!module) return NULL;
    bad_model_error = PyErr_NewException(MODULE ".BadModelError", PyExc_ValueError, NULL);
    refused_error = PyErr_NewException(MODULE ".RefusedError", PyExc_ValueError, NULL);
    if (!bad_model_error || !refused_error) return NULL;
    Py_IncRef(bad_model_error); /* adding it to a module steals a reference */
    Py_IncRef(refused_error);
    if (PyModule_AddObject(module, "BadModelError", bad_model_error) < 0 ||
        PyModule_AddObject(module, "RefusedError", refused_error) < 0 ||
        PyModule_AddIntConstant(module, "MISSING", PONER_MISSING) < 0 ||
        PyModule_AddIntConstant(module, "BEYOND", PONER_BEYOND) < 0 ||
        PyModule_AddIntConstant(module, "UNKNOWN", PONER_UNKNOWN) < 0 ||
        PyModule_AddIntConstant(module, "PREDICT", PONER_PREDICT) < 0 ||
        PyModule_AddIntConstant(module, "DECISION_FUNCTION", PONER_DECISION_FUNCTION) < 0 ||
        PyModule_AddIntConstant(module, "PREDICT_PROBA", PONER_PREDICT_PROBA) < 0 ||
        PyModule_AddIntConstant(module, "RAW", PONER_RAW) < 0)
        return NULL;
    return module;
}
