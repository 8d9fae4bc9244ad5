using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Little-endian bytes of a file to values and back. Spans of bytes hold whole elements and have the length that
/// the values need; callers see to that.
/// </summary>
internal static class ElementConversion
{
    public static int SizeOf(ElementType type) => type switch
    {
        ElementType.Float16 or ElementType.BFloat16 or ElementType.Int16 or ElementType.UInt16 => 2,
        ElementType.Float32 or ElementType.Int32 or ElementType.UInt32 => 4,
        ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => 8,
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be read or written"),
    };

    public static bool IsInteger(ElementType type) =>
        type is ElementType.Int64 or ElementType.Int32 or ElementType.Int16 or ElementType.Int8
            or ElementType.UInt64 or ElementType.UInt32 or ElementType.UInt16 or ElementType.UInt8 or ElementType.Bool;

    /// <summary>Reverses the bytes of each element: big-endian to little-endian and back.</summary>
    public static void SwapBytes(Span<byte> bytes, ElementType type)
    {
        switch (SizeOf(type))
        {
            case 2:
                Span<ushort> two = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(two, two);
                break;
            case 4:
                Span<uint> four = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(four, four);
                break;
            case 8:
                Span<ulong> eight = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(eight, eight);
                break;
        }
    }

    public static void ToSingle(ReadOnlySpan<byte> bytes, ElementType type, Span<float> values)
    {
        switch (type)
        {
            case ElementType.Float32:
                MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values);
                break;
            case ElementType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);
                break;
            case ElementType.BFloat16:
                Widen(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<float, uint>(values));
                break;
            case ElementType.Float64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(bytes), values);
                break;
            case ElementType.Int64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(bytes), values);
                break;
            case ElementType.Int32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(bytes), values);
                break;
            case ElementType.Int16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(bytes), values);
                break;
            case ElementType.Int8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(bytes), values);
                break;
            case ElementType.UInt64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ulong>(bytes), values);
                break;
            case ElementType.UInt32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, uint>(bytes), values);
                break;
            case ElementType.UInt16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(bytes), values);
                break;
            case ElementType.UInt8:
                TensorPrimitives.ConvertTruncating(bytes, values);
                break;
            case ElementType.Bool:
                for (int i = 0; i < values.Length; i++)
                    values[i] = bytes[i] != 0 ? 1f : 0f;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "cannot be read");
        }
    }

    public static void ToDouble(ReadOnlySpan<byte> bytes, ElementType type, Span<double> values)
    {
        switch (type)
        {
            case ElementType.Float64:
                MemoryMarshal.Cast<byte, double>(bytes).CopyTo(values);
                break;
            case ElementType.Int64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, long>(bytes), values);
                break;
            case ElementType.Int32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(bytes), values);
                break;
            case ElementType.UInt64:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ulong>(bytes), values);
                break;
            case ElementType.UInt32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, uint>(bytes), values);
                break;
            default:
                // Every other type fits a float32 exactly.
                Span<float> singles = stackalloc float[256];
                int size = SizeOf(type);
                for (int start = 0; start < values.Length; start += singles.Length)
                {
                    Span<float> part = singles[..Math.Min(singles.Length, values.Length - start)];
                    ToSingle(bytes.Slice(start * size, part.Length * size), type, part);
                    TensorPrimitives.ConvertTruncating<float, double>(part, values[start..]);
                }

                break;
        }
    }

    /// <summary>Values of uint64 beyond the range become the largest int64.</summary>
    public static void ToInt64(ReadOnlySpan<byte> bytes, ElementType type, Span<long> values)
    {
        switch (type)
        {
            case ElementType.Int64:
                MemoryMarshal.Cast<byte, long>(bytes).CopyTo(values);
                break;
            case ElementType.Int32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, int>(bytes), values);
                break;
            case ElementType.Int16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, short>(bytes), values);
                break;
            case ElementType.Int8:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, sbyte>(bytes), values);
                break;
            case ElementType.UInt64:
                TensorPrimitives.ConvertSaturating(MemoryMarshal.Cast<byte, ulong>(bytes), values);
                break;
            case ElementType.UInt32:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, uint>(bytes), values);
                break;
            case ElementType.UInt16:
                TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, ushort>(bytes), values);
                break;
            case ElementType.UInt8:
                TensorPrimitives.ConvertTruncating(bytes, values);
                break;
            case ElementType.Bool:
                for (int i = 0; i < values.Length; i++)
                    values[i] = bytes[i] != 0 ? 1 : 0;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "not an integer type");
        }
    }

    /// <summary>The first finite value that becomes an infinity when it is written; -1 if there is none.</summary>
    public static int IndexOfOverflow(ReadOnlySpan<float> values, ElementType type)
    {
        // The first values that are rounded up beyond the largest one: half a step above it.
        float limit = type switch
        {
            ElementType.Float16 => 65520f,
            ElementType.BFloat16 => BitConverter.UInt32BitsToSingle(0x7F7F8000),
            _ => float.PositiveInfinity,
        };
        if (float.IsInfinity(limit))
            return -1;
        for (int start = 0; start < values.Length;)
        {
            int found = values[start..].IndexOfAnyExceptInRange(-MathF.BitDecrement(limit), MathF.BitDecrement(limit));
            if (found < 0)
                return -1;
            if (float.IsFinite(values[start + found]))
                return start + found;
            start += found + 1;
        }

        return -1;
    }

    /// <summary>Rounds to nearest, ties to even; beyond the range of the type become infinities.</summary>
    public static void FromSingle(ReadOnlySpan<float> values, ElementType type, Span<byte> bytes)
    {
        switch (type)
        {
            case ElementType.Float32:
                values.CopyTo(MemoryMarshal.Cast<byte, float>(bytes));
                break;
            case ElementType.Float16:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes));
                break;
            case ElementType.BFloat16:
                Narrow(MemoryMarshal.Cast<float, uint>(values), MemoryMarshal.Cast<byte, ushort>(bytes));
                break;
            case ElementType.Float64:
                TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, double>(bytes));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "float values are written as a float type");
        }
    }

    private static void Widen(ReadOnlySpan<ushort> halves, Span<uint> words)
    {
        int i = 0;
        for (; i <= halves.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(halves[i..]), out Vector<uint> low, out Vector<uint> high);
            (low << 16).CopyTo(words[i..]);
            (high << 16).CopyTo(words[(i + Vector<uint>.Count)..]);
        }

        for (; i < halves.Length; i++)
            words[i] = (uint)halves[i] << 16;
    }

    private static void Narrow(ReadOnlySpan<uint> words, Span<ushort> halves)
    {
        for (int i = 0; i < words.Length; i++)
        {
            uint word = words[i];
            // Rounding could carry a NaN's payload into an infinity; keep the NaN, made quiet.
            halves[i] = (word & 0x7FFFFFFF) > 0x7F800000
                ? (ushort)((word >> 16) | 0x40)
                : (ushort)((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
        }
    }
}
