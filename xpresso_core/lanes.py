"""Sixteen numbers at once inside numba code.

Numba leaves vectorising to LLVM, and LLVM gives up when a running maximum is kept in memory that might
overlap the table it reads: the stem then runs eight times slower. These functions name the vectors instead.
LLVM maps a vector of sixteen to what the processor has: one AVX-512 register, two of AVX2, four of NEON.
They check no bounds, so the caller must know that ``index + LANES`` elements exist.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

LANES = 16


class LanesType(types.Type):
    """The numba type of ``LANES`` numbers of one element type."""

    def __init__(self, element: Any) -> None:
        self.element = element
        super().__init__(f"Lanes({element})")


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: LanesType) -> None:
        element = manager[kind.element].get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, LANES))


FLOATS = LanesType(types.float32)
SHORTS = LanesType(types.int16)
_OF_ELEMENT = {FLOATS.element: FLOATS, SHORTS.element: SHORTS}


def _pointer(context: Any, builder: Any, signature: Any, args: Any, vector: Any) -> Any:
    """Return the address of ``args[0][args[1]]`` as a pointer to a vector."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), vector.as_pointer())


@intrinsic
def load(typing_context: Any, array: Any, index: Any) -> Any:
    """``array[index : index + LANES]`` of a contiguous float32 or int16 vector."""
    kind = _OF_ELEMENT[array.dtype]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature, args, context.get_value_type(kind))
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return kind(array, types.intp), generate


@intrinsic
def store(typing_context: Any, array: Any, index: Any, lanes: Any) -> Any:
    """``array[index : index + LANES] = lanes``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _pointer(context, builder, signature, args, args[2].type)
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def splat(typing_context: Any, number: Any) -> Any:
    """Return one float32 or int16 number in every lane."""
    kind = _OF_ELEMENT[number]

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = context.get_value_type(kind)
        index = ir.IntType(32)
        undefined = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(undefined, args[0], ir.Constant(index, 0))
        return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(index, LANES), [0] * LANES))

    return kind(number), generate


@intrinsic
def add(typing_context: Any, left: Any, right: Any) -> Any:
    """Return the sum of two float vectors, lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args)

    return FLOATS(FLOATS, FLOATS), generate


@intrinsic
def add_shorts(typing_context: Any, left: Any, right: Any) -> Any:
    """Return the sum of two int16 vectors, lane by lane, modulo 2^16."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.add(*args)

    return SHORTS(SHORTS, SHORTS), generate


@intrinsic
def maximum(typing_context: Any, left: Any, right: Any) -> Any:
    """Return the larger of two int16 vectors, lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.icmp_signed(">", *args), *args)

    return SHORTS(SHORTS, SHORTS), generate


@intrinsic
def any_at_least_zero(typing_context: Any, lanes: Any) -> Any:
    """Say whether a lane of an int16 vector is 0 or more."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zeros = ir.Constant(ir.VectorType(ir.IntType(16), LANES), [0] * LANES)
        found = builder.bitcast(builder.icmp_signed(">=", args[0], zeros), ir.IntType(LANES))
        return builder.icmp_unsigned("!=", found, ir.Constant(ir.IntType(LANES), 0))

    return types.boolean(SHORTS), generate


@intrinsic
def where_greater(typing_context: Any, left: Any, right: Any, yes: Any, no: Any) -> Any:
    """Return ``yes`` in the lanes where ``left > right``, else ``no``."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return yes(FLOATS, FLOATS, yes, yes), generate
