using MathNet.Numerics.Distributions;

namespace CsAligner.Reports.Content;

/// <summary>The mean of a quantity over seeds and half the width of its 95% interval (Student's t); zero for one seed.</summary>
internal sealed record Summary(double Mean, double HalfWidth)
{
    /// <summary>Summarises one value per seed; NaN if there is none.</summary>
    public static Summary Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0)
            return new Summary(double.NaN, 0);
        double mean = values.Average();
        if (values.Count == 1)
            return new Summary(mean, 0);
        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return new Summary(mean, StudentT.InvCDF(0, 1, values.Count - 1, 0.975) * Math.Sqrt(variance / values.Count));
    }
}
