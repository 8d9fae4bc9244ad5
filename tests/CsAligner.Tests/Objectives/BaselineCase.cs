using System.Text.Json;
using CsAligner.Objectives;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Tests.Objectives;

/// <summary>One loss at one setting: the naive definition and the tape's version of it.</summary>
internal sealed record BaselineCase(string Name, Func<double[,], double[,], ObjectiveGradients> Naive,
    Func<Tape, Tensor, Tensor, Tensor> Fast)
{
    public static BaselineCase SquaredDistance(int pairs) =>
        new("l2", (x, y) => NaiveBaselines.SquaredDistance(x, y, pairs), (t, x, y) => t.SquaredDistanceLoss(x, y, pairs));

    public static BaselineCase Cosine(int pairs) =>
        new("cosine", (x, y) => NaiveBaselines.Cosine(x, y, pairs), (t, x, y) => t.CosineLoss(x, y, pairs));

    public static BaselineCase SigLip(int pairs, double logScale, double bias) => new(
        "siglip",
        (x, y) => NaiveBaselines.SigLip(x, y, Math.Exp((float)logScale), (float)bias, pairs),
        (t, x, y) => t.SigLipLoss(x, y, Tensor.From([(float)logScale], 1), Tensor.From([(float)bias], 1), pairs));

    public static BaselineCase Mmd(double bandwidth, double[] factors, bool offDiagonal) => new(
        $"mmd, off-diagonal {offDiagonal}",
        (x, y) => NaiveBaselines.MaximumMeanDiscrepancy(x, y, [.. factors.Select(f => f * bandwidth)], offDiagonal),
        (t, x, y) => t.MaximumMeanDiscrepancy(x, y, bandwidth, factors, offDiagonal));

    public static BaselineCase CauchySchwarz(double bandwidth, double[] factors, bool offDiagonal) => new(
        $"cs, off-diagonal {offDiagonal}",
        (x, y) => NaiveBaselines.CauchySchwarz(x, y, [.. factors.Select(f => f * bandwidth)], offDiagonal),
        (t, x, y) => t.CauchySchwarz(x, y, bandwidth, factors, offDiagonal));

    public static BaselineCase Coral(double meanWeight) =>
        new("coral", (x, y) => NaiveBaselines.Coral(x, y, meanWeight), (t, x, y) => t.Coral(x, y, meanWeight));

    public static BaselineCase GaussianKl(double shrinkage) =>
        new("kl", (x, y) => NaiveBaselines.GaussianKl(x, y, shrinkage), (t, x, y) => t.GaussianKl(x, y, shrinkage));

    public static BaselineCase Sinkhorn(double blur, double scaling) => new(
        "sinkhorn", (x, y) => NaiveSinkhorn.Divergence(x, y, blur, scaling), (t, x, y) => t.SinkhornDivergence(x, y, blur, scaling));

    /// <summary>The case of a golden value.</summary>
    public static BaselineCase Of(JsonElement golden)
    {
        var options = golden.GetProperty("options");
        double Number(string key) => options.GetProperty(key).GetDouble();
        double[] Sigmas() => [.. options.GetProperty("sigmas").EnumerateArray().Select(s => s.GetDouble())];
        return golden.GetProperty("loss").GetString() switch
        {
            "l2" => SquaredDistance(options.GetProperty("pairs").GetInt32()),
            "cosine" => Cosine(options.GetProperty("pairs").GetInt32()),
            "siglip" => SigLip(options.GetProperty("pairs").GetInt32(), golden.GetProperty("log_scale").GetDouble(),
                golden.GetProperty("bias").GetDouble()),
            "mmd" => Mmd(1, Sigmas(), options.GetProperty("off_diagonal").GetBoolean()),
            "cs" => CauchySchwarz(1, Sigmas(), options.GetProperty("off_diagonal").GetBoolean()),
            "coral" => Coral(Number("mean_weight")),
            "gaussian_kl" => GaussianKl(Number("shrinkage")),
            "sinkhorn" => Sinkhorn(Number("blur"), Number("scaling")),
            var other => throw new NotSupportedException(other),
        };
    }

    /// <summary>Value and gradients of the tape's version.</summary>
    public (double Value, double[] GradX, double[] GradY) Run(double[,] x, double[,] y)
    {
        Tensor left = ObjectiveTests.Parameter(x), right = ObjectiveTests.Parameter(y);
        using var tape = new Tape();
        var loss = Fast(tape, left, right);
        double value = loss.Item;
        tape.Backward(loss);
        return (value, [.. left.Grad.ToArray().Select(g => (double)g)], [.. right.Grad.ToArray().Select(g => (double)g)]);
    }
}
