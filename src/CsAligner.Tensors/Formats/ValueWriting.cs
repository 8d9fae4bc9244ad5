using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CsAligner.Tensors.Formats;

/// <summary>Shared by the writers: converts values to little-endian bytes on a stream, in chunks.</summary>
internal static class ValueWriting
{
    private const int ChunkValues = 1 << 16;

    /// <summary>Refuses values that would become infinities.</summary>
    /// <param name="values">Whole rows.</param>
    /// <param name="type">The type to write.</param>
    /// <param name="target">The output's name, for the error.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="firstRow">The number of the first row.</param>
    public static void RequireRange(ReadOnlySpan<float> values, ElementType type, string target, int width, long firstRow = 0)
    {
        int found = ElementConversion.IndexOfOverflow(values, type);
        if (found < 0)
            return;
        string most = type == ElementType.Float16 ? "65504" : "3.39e38";
        throw new InputException(
            $"cannot write {target} as {type}: row {firstRow + (found / width)}, "
                + $"column {found % width} is {values[found].ToString(CultureInfo.InvariantCulture)}, beyond {most}, the largest value of "
                + "the type; write float32, or scale the rows");
    }

    public static void Write(Stream stream, ReadOnlySpan<float> values, ElementType type)
    {
        int size = ElementConversion.SizeOf(type);
        byte[] chunk = ArrayPool<byte>.Shared.Rent(Math.Min(ChunkValues, values.Length) * size);
        try
        {
            while (values.Length > 0)
            {
                int count = Math.Min(ChunkValues, values.Length);
                Span<byte> bytes = chunk.AsSpan(0, count * size);
                ElementConversion.FromSingle(values[..count], type, bytes);
                stream.Write(bytes);
                values = values[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    public static void Write(Stream stream, ReadOnlySpan<double> values) => WriteBytes(stream, values);

    public static void Write(Stream stream, ReadOnlySpan<long> values) => WriteBytes(stream, values);

    public static void Write(Stream stream, ReadOnlySpan<int> values) => WriteBytes(stream, values);

    private static void WriteBytes<T>(Stream stream, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        for (; values.Length > 0; values = values[Math.Min(ChunkValues, values.Length)..])
            stream.Write(MemoryMarshal.AsBytes(values[..Math.Min(ChunkValues, values.Length)]));
    }
}
