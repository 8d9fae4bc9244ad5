namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>Logarithms of mean kernel values: within x and within y with and without their diagonals (NaN for a single row),
/// and between them.</summary>
internal readonly record struct KernelMeans(double SelfX, double SelfY, double SelfXOffDiagonal, double SelfYOffDiagonal, double Cross)
{
    /// <summary>The divergences that they make. Means near 1 are taken minus 1, which cancels, so that they keep their digits.</summary>
    public KernelMeasures Measures => new(
        Math.Max(0, SelfX + SelfY - (2 * Cross)),
        SelfXOffDiagonal + SelfYOffDiagonal - (2 * Cross),
        Math.Max(0, MinusOne(SelfX) + MinusOne(SelfY) - (2 * MinusOne(Cross))));

    /// <summary>e^x - 1 for x at most 0, with its digits near 0.</summary>
    public static double MinusOne(double x) => Math.Abs(x) < 1e-5 ? x * (1 + (x / 2 * (1 + (x / 3)))) : Math.Exp(x) - 1;
}
