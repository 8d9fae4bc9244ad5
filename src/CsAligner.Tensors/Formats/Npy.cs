using System.Globalization;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// Reads and writes whole .npy files. <see cref="NpyReader"/> and <see cref="NpyWriter"/> do it row by row.
/// All failures are <see cref="InputException"/> that name the file.
/// </summary>
public static class Npy
{
    /// <summary>Reads a file of any type as float32.</summary>
    public static Tensor ReadTensor(string path)
    {
        using NpyReader reader = NpyReader.Open(path);
        var tensor = new Tensor(reader.TensorShape());
        reader.ReadRows(0, tensor.Span);
        return tensor;
    }

    /// <summary>Reads a file of any type as float64, row-major; the shape comes beside it.</summary>
    public static double[] ReadDoubles(string path, out int[] shape)
    {
        using NpyReader reader = NpyReader.Open(path);
        shape = reader.TensorShape();
        double[] values = new double[reader.Rows * reader.RowLength];
        reader.ReadRows(0, values.AsSpan());
        return values;
    }

    /// <summary>
    /// Reads a file of rank 1 of whole numbers, such as the pairs file: for each text row the row of its image. Integers of any size,
    /// and floats that are whole.
    /// </summary>
    /// <exception cref="InputException">A value is not whole, or the file holds truth values; file and row are named.</exception>
    public static long[] ReadInt64(string path)
    {
        using NpyReader reader = NpyReader.Open(path);
        if (reader.Shape.Length != 1)
            throw new InputException(
                $"cannot read '{path}': expected one dimension, its shape is {FileReading.Describe(reader.Shape)}; save a flat list");
        // A mask has as many entries as a list of row numbers, and would pass for one.
        if (reader.ElementType == ElementType.Bool)
            throw new InputException($"cannot read '{path}': expected integers, it holds {reader.ElementType}; save row numbers with "
                + "dtype int64, as numpy.flatnonzero gives them");
        long[] values = new long[reader.TensorShape()[0]];
        if (ElementConversion.IsInteger(reader.ElementType))
            reader.ReadRows(0, values.AsSpan());
        else
            ReadWhole(reader, values);
        return values;
    }

    private static void ReadWhole(NpyReader reader, long[] values)
    {
        double[] exact = new double[values.Length];
        reader.ReadRows(0, exact.AsSpan());
        for (int row = 0; row < exact.Length; row++)
        {
            if (exact[row] != Math.Truncate(exact[row]) || Math.Abs(exact[row]) > 1L << 53)
                throw new InputException($"cannot read '{reader.Path}': row {row} is {exact[row].ToString(CultureInfo.InvariantCulture)}; "
                    + "expected whole numbers: save it with dtype int64");
            values[row] = (long)exact[row];
        }
    }

    /// <summary>Writes a tensor as float32, float16 or float64, atomically.</summary>
    public static void Write(string path, Tensor tensor, ElementType type = ElementType.Float32)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ValueWriting.RequireRange(tensor.Span, type, $"'{path}'",
            tensor.Rank > 1 ? Math.Max(1, tensor.Length / Math.Max(1, tensor.Shape[0])) : 1);
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write(NpyHeader.Write(type, Sizes(tensor.Shape)));
        ValueWriting.Write(file.Stream, tensor.Span, type);
        file.Commit();
    }

    /// <summary>Writes integers as int64 of rank 1, atomically.</summary>
    public static void Write(string path, ReadOnlySpan<long> values)
    {
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write(NpyHeader.Write(ElementType.Int64, [values.Length]));
        ValueWriting.Write(file.Stream, values);
        file.Commit();
    }

    /// <summary>Writes integers as int32 of rank 1, atomically.</summary>
    public static void Write(string path, ReadOnlySpan<int> values)
    {
        using AtomicFile file = AtomicFile.Create(path);
        file.Stream.Write(NpyHeader.Write(ElementType.Int32, [values.Length]));
        ValueWriting.Write(file.Stream, values);
        file.Commit();
    }

    private static long[] Sizes(ReadOnlySpan<int> shape)
    {
        long[] sizes = new long[shape.Length];
        for (int i = 0; i < sizes.Length; i++)
            sizes[i] = shape[i];
        return sizes;
    }
}
