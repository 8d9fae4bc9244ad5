using System.Buffers;

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

    /// <summary>Reads an integer file of rank 1, such as the pairs file: for each text row the row of its image.</summary>
    public static long[] ReadInt64(string path)
    {
        using NpyReader reader = NpyReader.Open(path);
        if (reader.Shape.Length != 1)
            throw new InputException($"cannot read '{path}': one dimension was expected, its shape is {FileReading.Describe(reader.Shape)}; save a flat list");
        long[] values = new long[reader.TensorShape()[0]];
        reader.ReadRows(0, values.AsSpan());
        return values;
    }

    /// <summary>Writes a tensor as float32, float16 or float64, atomically.</summary>
    public static void Write(string path, Tensor tensor, ElementType type = ElementType.Float32)
    {
        ArgumentNullException.ThrowIfNull(tensor);
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
