namespace CsAligner.Generation.Fidelity;

/// <summary>
/// The unbiased MMD^2 of two samples, a U-statistic, with its standard error by leaving out one row after the other. Both come from
/// sums of kernel values over rows: leaving row i out takes its own sums from the totals. A constant in the kernel cancels.
/// </summary>
internal sealed class KernelDistance
{
    private readonly double[] _withinX, _withinY, _fromX, _fromY;
    private readonly double _sumX, _sumY, _sumBetween;

    /// <param name="withinX">For each of M rows of x the sum over the other rows of x.</param>
    /// <param name="withinY">For each of N rows of y the sum over the other rows of y.</param>
    /// <param name="fromX">For each row of x the sum over all of y.</param>
    /// <param name="fromY">For each row of y the sum over all of x.</param>
    public KernelDistance(double[] withinX, double[] withinY, double[] fromX, double[] fromY)
    {
        (_withinX, _withinY, _fromX, _fromY) = (withinX, withinY, fromX, fromY);
        (_sumX, _sumY, _sumBetween) = (withinX.Sum(), withinY.Sum(), fromX.Sum());
    }

    /// <summary>About 0 for samples of one distribution, and then as often negative; needs two rows on each side.</summary>
    public double Value => Mean(_sumX, M) + Mean(_sumY, N) - (2 * _sumBetween / M / N);

    /// <summary>
    /// The root of (M - 1) / M times the sum of squares of what leaving out a row of x changes, plus the same of y. Null below three rows.
    /// </summary>
    public double? StandardError => M < 3 || N < 3
        ? null
        : Math.Sqrt(Variance(_withinX, _fromX, _sumX, N) + Variance(_withinY, _fromY, _sumY, M));

    private int M => _withinX.Length;

    private int N => _withinY.Length;

    private static double Mean(double sum, double count) => sum / count / (count - 1);

    // The other side's own mean is the same whichever row is left out here.
    private double Variance(double[] within, double[] from, double sum, int others)
    {
        double left = within.Length - 1, mean = 0, squares = 0;
        var values = new double[within.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Mean(sum - (2 * within[i]), left) - (2 * (_sumBetween - from[i]) / left / others);
            mean += values[i] / values.Length;
        }

        foreach (double value in values) squares += (value - mean) * (value - mean);
        return left / values.Length * squares;
    }
}
