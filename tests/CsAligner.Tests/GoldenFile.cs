using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CsAligner.Tests;

/// <summary>A safetensors file of golden values, read by a few lines of its own so that no test trusts the reader under test.</summary>
internal sealed class GoldenFile
{
    private readonly Dictionary<string, (string Type, int[] Shape, byte[] Bytes)> _tensors = [];

    public GoldenFile(string name)
    {
        byte[] file = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", name));
        int header = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file));
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        foreach (var entry in json.RootElement.EnumerateObject().Where(e => e.Name != "__metadata__"))
        {
            int[] offsets = [.. entry.Value.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt32())];
            int[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32())];
            _tensors[entry.Name] =
                (entry.Value.GetProperty("dtype").GetString()!, shape, file[(8 + header + offsets[0])..(8 + header + offsets[1])]);
        }
    }

    /// <summary>Names of all cases: what stands before ".value".</summary>
    public IEnumerable<string> Cases =>
        _tensors.Keys.Where(k => k.EndsWith(".value", StringComparison.Ordinal)).Select(k => k[..^".value".Length]);

    public int[] Shape(string name) => _tensors[name].Shape;

    public double[] Values(string name) => _tensors[name] switch
    {
        ("F32", _, var bytes) => [.. MemoryMarshal.Cast<byte, float>(bytes).ToArray().Select(v => (double)v)],
        ("F64", _, var bytes) => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        ("BOOL", _, var bytes) => [.. bytes.Select(b => (double)b)],
        var other => throw new NotSupportedException(other.Type),
    };

    public double Value(string name) => Values(name).Single();

    public float[] Floats(string name) => [.. Values(name).Select(v => (float)v)];

    public double[,] Matrix(string name)
    {
        var matrix = new double[Shape(name)[0], Shape(name)[1]];
        Buffer.BlockCopy(Values(name), 0, matrix, 0, matrix.Length * sizeof(double));
        return matrix;
    }

    public double[,,] Cube(string name)
    {
        var cube = new double[Shape(name)[0], Shape(name)[1], Shape(name)[2]];
        Buffer.BlockCopy(Values(name), 0, cube, 0, cube.Length * sizeof(double));
        return cube;
    }

    public bool[,] Mask(string name)
    {
        double[] values = Values(name);
        var mask = new bool[Shape(name)[0], Shape(name)[1]];
        for (int i = 0; i < values.Length; i++)
            mask[i / mask.GetLength(1), i % mask.GetLength(1)] = values[i] != 0;
        return mask;
    }

    /// <summary>The number after <c>key=</c> in a case name; <paramref name="otherwise"/> where it has none.</summary>
    public static double Parameter(string name, string key, double otherwise = 0)
    {
        var match = System.Text.RegularExpressions.Regex.Match(name, $@"{key}=([0-9.]*[0-9])");
        return match.Success ? double.Parse(match.Groups[1].Value) : otherwise;
    }
}
