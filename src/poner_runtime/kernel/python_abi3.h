/* The part of Python's stable ABI (abi3, Python 3.9 and later) that python_binding.c calls.
 *
 * Declared here instead of including Python.h: the kernel is built for Lambda's two architectures
 * on machines that have no Python headers, or only those of their own. The stable ABI fixes these
 * names and layouts for all of Python 3 (PEP 384, docs.python.org/3/c-api/stable.html, read
 * 2026-11-22); a test compiles this file against a real Python.h, where a contradiction is an error.
 */
#ifndef PONER_PYTHON_ABI3_H
#define PONER_PYTHON_ABI3_H

#include <stddef.h>
#include <stdint.h>

#ifndef Py_PYTHON_H
typedef ptrdiff_t Py_ssize_t;
typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef void (*PyCapsule_Destructor)(PyObject *);

typedef struct {
    const char *ml_name;
    PyCFunction ml_meth;
    int ml_flags;
    const char *ml_doc;
} PyMethodDef;

#define METH_VARARGS 0x0001

typedef struct {
    Py_ssize_t ob_refcnt;
    void *ob_type;
    PyObject *(*m_init)(void);
    Py_ssize_t m_index;
    PyObject *m_copy;
} PyModuleDef_Base;

typedef struct PyModuleDef {
    PyModuleDef_Base m_base;
    const char *m_name;
    const char *m_doc;
    Py_ssize_t m_size;
    PyMethodDef *m_methods;
    void *m_slots;
    void *m_traverse;
    void *m_clear;
    void *m_free;
} PyModuleDef;

#define PyModuleDef_HEAD_INIT {1, NULL, NULL, 0, NULL}
#endif

#define PONER_PYTHON_ABI_VERSION 3

extern PyObject *PyExc_ValueError;

PyObject *PyModule_Create2(PyModuleDef *, int);
int PyModule_AddObject(PyObject *, const char *, PyObject *);
int PyModule_AddIntConstant(PyObject *, const char *, long);
void PyErr_SetString(PyObject *, const char *);
void PyErr_SetObject(PyObject *, PyObject *);
PyObject *PyErr_Occurred(void);
PyObject *PyErr_NoMemory(void);
PyObject *PyErr_NewException(const char *, PyObject *, PyObject *);
PyObject *PyCapsule_New(void *, const char *, PyCapsule_Destructor);
void *PyCapsule_GetPointer(PyObject *, const char *);
int PyBytes_AsStringAndSize(PyObject *, char **, Py_ssize_t *);
PyObject *PyByteArray_FromStringAndSize(const char *, Py_ssize_t);
char *PyByteArray_AsString(PyObject *);
PyObject *PyUnicode_DecodeUTF8(const char *, Py_ssize_t, const char *);
PyObject *PyFloat_FromDouble(double);
double PyFloat_AsDouble(PyObject *);
int PyArg_ParseTuple(PyObject *, const char *, ...);
int _PyArg_ParseTuple_SizeT(PyObject *, const char *, ...); /* with Py_ssize_t for "#" */
PyObject *Py_BuildValue(const char *, ...);
Py_ssize_t PyTuple_Size(PyObject *);
PyObject *PyTuple_GetItem(PyObject *, Py_ssize_t);
PyObject *PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
void *PyMem_Malloc(size_t);
void PyMem_Free(void *);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *);
void Py_IncRef(PyObject *);
void Py_DecRef(PyObject *);

#endif
