using System.Globalization;
using System.Text.Json;
using CsAligner.Tensors;

namespace CsAligner.Tests.Objectives;

/// <summary>Two sets, a bandwidth, and what 700 digits give: extremes.json, written by make_extremes.py.</summary>
internal sealed record ExtremeCase(
    string Name, double Sigma, double[,] X, double[,] Y, double CauchySchwarz, double OffDiagonal, double MaximumMeanDiscrepancy,
    double Uniformity, double[] GradX, double[] GradXOff)
{
    public static IReadOnlyList<ExtremeCase> All { get; } = Read();

    public Tensor TensorX => Parameter(X);

    public Tensor TensorY => Parameter(Y);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}, sigma {Sigma:G3}");

    public static Tensor Parameter(double[,] rows)
    {
        var tensor = Tensor.From([.. rows.Cast<double>().Select(v => (float)v)], rows.GetLength(0), rows.GetLength(1));
        tensor.RequiresGrad = true;
        return tensor;
    }

    private static List<ExtremeCase> Read()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "extremes.json")));
        return [.. file.RootElement.EnumerateArray().Select(one => new ExtremeCase(
            one.GetProperty("name").GetString()!,
            Number(one.GetProperty("sigma")),
            Rows(one.GetProperty("x")),
            Rows(one.GetProperty("y")),
            Number(one.GetProperty("cs")),
            Number(one.GetProperty("off")),
            Number(one.GetProperty("mmd")),
            Number(one.GetProperty("uniformity_x")),
            [.. one.GetProperty("grad_x").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(Number))],
            [.. one.GetProperty("grad_x_off").EnumerateArray().SelectMany(row => row.EnumerateArray().Select(Number))]))];
    }

    private static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static double[,] Rows(JsonElement rows)
    {
        var values = new double[rows.GetArrayLength(), rows[0].GetArrayLength()];
        for (int i = 0; i < values.GetLength(0); i++)
            for (int d = 0; d < values.GetLength(1); d++) values[i, d] = rows[i][d].GetDouble();
        return values;
    }
}
