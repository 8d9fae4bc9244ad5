using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Onnx.Tests;

/// <summary>A model's golden file: pictures, ids and features.</summary>
internal sealed class GoldenFeatures(string model) : IDisposable
{
    private readonly SafeTensorsFile _file = SafeTensorsFile.Open(Path.Combine(OnnxNeeds.Golden, model, "golden.safetensors"));

    public int Pictures => _file.Names.Count(name => name.StartsWith("picture.", StringComparison.Ordinal));

    public Tensor Features(string name) => _file.ReadTensor(name);

    public int[][] Ids(string name = "input_ids")
    {
        int width = (int)_file.Info(name).Shape[1];
        return [.. _file.ReadInt64(name).Select(id => (int)id).Chunk(width)];
    }

    public long[] Numbers(string name) => _file.ReadInt64(name);

    /// <summary>The pictures, prepared as an encoder asks.</summary>
    public ImageReader Reader(IImageEncoder encoder) => (i, rgb) =>
    {
        var info = _file.Info($"picture.{i}");
        encoder.Preprocessing.Fit([.. _file.ReadInt64($"picture.{i}").Select(v => (byte)v)], (int)info.Shape[1], (int)info.Shape[0], rgb);
    };

    public static void AssertNear(Tensor expected, Tensor actual, float tolerance)
    {
        Assert.Equal(expected.Shape.ToArray(), actual.Shape.ToArray());
        float worst = 0;
        for (int i = 0; i < expected.Length; i++) worst = Math.Max(worst, Math.Abs(expected.Span[i] - actual.Span[i]));
        Assert.True(worst <= tolerance, $"features differ by {worst}, at most {tolerance} was expected");
    }

    public void Dispose() => _file.Dispose();
}
