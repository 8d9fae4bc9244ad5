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
    private static readonly Format?[] Formats = Table();

    private delegate void Reader<T>(ReadOnlySpan<byte> bytes, Span<T> values);

    private delegate void Writer(ReadOnlySpan<float> values, Span<byte> bytes);

    public static int SizeOf(ElementType type) => Of(type, "cannot be read or written").Size;

    public static bool IsInteger(ElementType type) => Find(type)?.ToInt64 is not null;

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

    public static void ToSingle(ReadOnlySpan<byte> bytes, ElementType type, Span<float> values) =>
        Of(type, "cannot be read").ToSingle(bytes, values);

    public static void ToDouble(ReadOnlySpan<byte> bytes, ElementType type, Span<double> values) =>
        Of(type, "cannot be read").ToDouble(bytes, values);

    /// <summary>Values of uint64 beyond the range become the largest int64.</summary>
    public static void ToInt64(ReadOnlySpan<byte> bytes, ElementType type, Span<long> values) =>
        (Find(type)?.ToInt64 ?? throw Unfit(type, "not an integer type"))(bytes, values);

    /// <summary>The first finite value that becomes an infinity when it is written; -1 if there is none.</summary>
    public static int IndexOfOverflow(ReadOnlySpan<float> values, ElementType type)
    {
        float limit = Find(type)?.Overflow ?? float.PositiveInfinity;
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
    public static void FromSingle(ReadOnlySpan<float> values, ElementType type, Span<byte> bytes) =>
        (Find(type)?.FromSingle ?? throw Unfit(type, "float values are written as a float type"))(values, bytes);

    // All that there is to know of each type, in one place.
    private static Format?[] Table()
    {
        var table = new Format?[Enum.GetValues<ElementType>().Length];
        table[(int)ElementType.Float16] = new Format(2, HalfToSingle)
        {
            FromSingle = static (values, bytes) => TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes)),
            Overflow = 65520f,
        };
        table[(int)ElementType.BFloat16] = new Format(
            2, static (bytes, values) => Widen(MemoryMarshal.Cast<byte, ushort>(bytes), MemoryMarshal.Cast<float, uint>(values)))
        {
            FromSingle = static (values, bytes) =>
                Narrow(MemoryMarshal.Cast<float, uint>(values), MemoryMarshal.Cast<byte, ushort>(bytes)),
            Overflow = BitConverter.UInt32BitsToSingle(0x7F7F8000),
        };
        table[(int)ElementType.Float32] = new Format(4, static (bytes, values) => MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values))
        {
            FromSingle = static (values, bytes) => values.CopyTo(MemoryMarshal.Cast<byte, float>(bytes)),
        };
        table[(int)ElementType.Float64] = new Format(8, Convert<double, float>)
        {
            ToDouble = static (bytes, values) => MemoryMarshal.Cast<byte, double>(bytes).CopyTo(values),
            FromSingle = static (values, bytes) => TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, double>(bytes)),
        };
        table[(int)ElementType.Int64] = Integer<long>(8, static (bytes, values) => MemoryMarshal.Cast<byte, long>(bytes).CopyTo(values));
        table[(int)ElementType.Int32] = Integer<int>(4, Convert<int, long>);
        table[(int)ElementType.Int16] = Integer<short>(2, Convert<short, long>);
        table[(int)ElementType.Int8] = Integer<sbyte>(1, Convert<sbyte, long>);
        table[(int)ElementType.UInt64] = Integer<ulong>(
            8, static (bytes, values) => TensorPrimitives.ConvertSaturating(MemoryMarshal.Cast<byte, ulong>(bytes), values));
        table[(int)ElementType.UInt32] = Integer<uint>(4, Convert<uint, long>);
        table[(int)ElementType.UInt16] = Integer<ushort>(2, Convert<ushort, long>);
        table[(int)ElementType.UInt8] = Integer<byte>(1, Convert<byte, long>);
        table[(int)ElementType.Bool] = new Format(1, BoolToSingle) { ToInt64 = BoolToInt64 };
        return table;
    }

    private static Format Integer<T>(int size, Reader<long> toInt64)
        where T : unmanaged, INumberBase<T> =>
        new(size, Convert<T, float>) { ToDouble = Convert<T, double>, ToInt64 = toInt64 };

    private static void Convert<TFrom, TTo>(ReadOnlySpan<byte> bytes, Span<TTo> values)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : INumberBase<TTo> =>
        TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, TFrom>(bytes), values);

    private static void HalfToSingle(ReadOnlySpan<byte> bytes, Span<float> values) =>
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), values);

    private static void BoolToSingle(ReadOnlySpan<byte> bytes, Span<float> values)
    {
        for (int i = 0; i < values.Length; i++) values[i] = bytes[i] != 0 ? 1f : 0f;
    }

    private static void BoolToInt64(ReadOnlySpan<byte> bytes, Span<long> values)
    {
        for (int i = 0; i < values.Length; i++) values[i] = bytes[i] != 0 ? 1 : 0;
    }

    private static Format? Find(ElementType type) => (uint)type < (uint)Formats.Length ? Formats[(int)type] : null;

    private static Format Of(ElementType type, string otherwise) => Find(type) ?? throw Unfit(type, otherwise);

    private static ArgumentOutOfRangeException Unfit(ElementType type, string message) => new(nameof(type), type, message);

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

    /// <summary>How the values of a type lie in a file.</summary>
    private sealed class Format
    {
        public Format(int size, Reader<float> toSingle)
        {
            (Size, ToSingle) = (size, toSingle);
            ToDouble = ThroughSingle;
        }

        /// <summary>Bytes of a value.</summary>
        public int Size { get; }

        public Reader<float> ToSingle { get; }

        /// <summary>Unless it is set: by way of float32, which holds the type exactly.</summary>
        public Reader<double> ToDouble { get; init; }

        /// <summary>Null for what is no integer.</summary>
        public Reader<long>? ToInt64 { get; init; }

        /// <summary>Null for what float values are not written as.</summary>
        public Writer? FromSingle { get; init; }

        /// <summary>The first value that is rounded up beyond the largest one of the type: half a step above it.</summary>
        public float Overflow { get; init; } = float.PositiveInfinity;

        private void ThroughSingle(ReadOnlySpan<byte> bytes, Span<double> values)
        {
            Span<float> singles = stackalloc float[256];
            for (int start = 0; start < values.Length; start += singles.Length)
            {
                Span<float> part = singles[..Math.Min(singles.Length, values.Length - start)];
                ToSingle(bytes.Slice(start * Size, part.Length * Size), part);
                TensorPrimitives.ConvertTruncating<float, double>(part, values[start..]);
            }
        }
    }
}
