using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Tests.Starts;

/// <summary>Values of make_starts.py.</summary>
internal static class StartsGolden
{
    private static readonly JsonDocument Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "starts.json")));

    public static JsonElement Case(string kind, int number) => Golden.RootElement.GetProperty(kind)[number];

    public static double[] Numbers(JsonElement golden, string name) =>
        [.. golden.GetProperty(name).EnumerateArray().Select(v => v.GetDouble())];

    public static Tensor Tensor(JsonElement golden, string name, int width)
    {
        float[] values = [.. Numbers(golden, name).Select(v => (float)v)];
        return CsAligner.Tensors.Tensor.From(values, values.Length / width, width);
    }

    public static double[,] Matrix(JsonElement golden, string name, int width)
    {
        double[] values = Numbers(golden, name);
        var matrix = new double[values.Length / width, width];
        Buffer.BlockCopy(values, 0, matrix, 0, sizeof(double) * values.Length);
        return matrix;
    }
}
