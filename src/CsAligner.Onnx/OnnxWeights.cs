using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using CsAligner.Tensors;
using Microsoft.Win32.SafeHandles;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx;

/// <summary>
/// Where the values of one of a graph's weights lie. They are looked through once for NaN, which would make every feature so.
/// Infinity is let through: masks hold it, and what it makes of features is seen there.
/// </summary>
internal sealed class OnnxWeights(string model)
{
    private const int Float32 = 1, Float16 = 10, Float64 = 11, BFloat16 = 16;

    // Fields of a tensor: values one by one, or as bytes.
    private const int FloatData = 4, RawData = 9, DoubleData = 10;

    private const int BufferBytes = 1 << 20;

    private readonly List<(int Field, long Start, long End)> _within = [];
    private readonly Dictionary<string, string> _outside = new(StringComparer.Ordinal);

    public string Name { get; set; } = "";

    public long Type { get; set; }

    private int Width => Type switch
    {
        Float32 => sizeof(float),
        Float16 or BFloat16 => sizeof(ushort),
        Float64 => sizeof(double),
        _ => 0,
    };

    /// <summary>Values in the model's own file.</summary>
    public void Within(int field, long start, long end) => _within.Add((field, start, end));

    /// <summary>"location", "offset" or "length" of values in a file beside it.</summary>
    public void Outside(string key, string value) => _outside[key] = value;

    /// <summary>Looks through the values.</summary>
    /// <param name="file">The model's own file.</param>
    /// <exception cref="InputException">One is NaN.</exception>
    public void Check(SafeFileHandle file)
    {
        if (Width == 0) return;
        foreach (var (field, start, end) in _within)
            if (field == RawData || (field == FloatData && Type == Float32) || (field == DoubleData && Type == Float64))
                Scan(file, start, end);
        if (!_outside.TryGetValue("location", out string? location)) return;

        // Missing or short weights are left to the runtime, which reports them.
        string path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(model))!, location);
        if (!File.Exists(path)) return;
        using var beside = File.OpenHandle(path);
        long from = Number("offset", 0), whole = RandomAccess.GetLength(beside);
        if (from > whole) return;
        Scan(beside, from, from + Math.Min(Number("length", whole), whole - from));
    }

    private long Number(string key, long otherwise) =>
        _outside.TryGetValue(key, out string? text)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : otherwise;

    private void Scan(SafeFileHandle file, long start, long end)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int width = Width;
            while (end - start >= width)
            {
                int count = (int)Math.Min(BufferBytes, (end - start) / width * width), read = 0;
                while (read < count && RandomAccess.Read(file, buffer.AsSpan(read, count - read), start + read) is > 0 and var more)
                    read += more;
                if (HasNaN(buffer.AsSpan(0, read / width * width)))
                    throw new InputException(
                        $"{model}: the weights '{Name}' contain NaN; every weight must be a number: download the model again, or train it "
                        + "anew");
                if (read < count) return;
                start += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool HasNaN(ReadOnlySpan<byte> bytes) => Type switch
    {
        Float32 => TensorPrimitives.IsNaNAny(MemoryMarshal.Cast<byte, float>(bytes)),
        Float64 => TensorPrimitives.IsNaNAny(MemoryMarshal.Cast<byte, double>(bytes)),

        // The exponent all ones and a fraction: of a Half 5 bits and 10, of bfloat16 8 and 7.
        Float16 => HasLarger(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7C00),
        _ => HasLarger(MemoryMarshal.Cast<byte, ushort>(bytes), 0x7F80),
    };

    private static bool HasLarger(ReadOnlySpan<ushort> values, ushort infinity)
    {
        ushort largest = 0;
        foreach (ushort value in values) largest = Math.Max(largest, (ushort)(value & 0x7FFF));
        return largest > infinity;
    }
}
