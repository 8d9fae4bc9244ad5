namespace CsAligner.Benchmarks;

/// <summary>What alternating rounds come to.</summary>
internal static class Rounds
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
    }

    /// <summary>The median of the rounds' ratios, which drift of the clock does not touch.</summary>
    public static double Ratio(double[] above, double[] below) => Median(above.Zip(below, (a, b) => a / b));
}
