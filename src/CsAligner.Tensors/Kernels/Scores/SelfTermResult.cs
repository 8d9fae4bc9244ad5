namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// A self term, its gradient still to be finished: the gradient is Scale times (what has been written - Sums_i times x_i). The cross term
/// finishes both in its own passes over the gradients.
/// </summary>
internal readonly unsafe struct SelfTermResult(double logMean, double scale, double* sums)
{
    /// <summary>No self term: nothing to scale, nothing to take off.</summary>
    public static SelfTermResult None => new(0, 1, null);

    /// <summary>ln of the mean kernel value.</summary>
    public double LogMean => logMean;

    public double Scale => scale;

    /// <summary>What comes off row i, times x_i - centre.</summary>
    public double Own(int i) => sums == null ? 0 : scale * sums[i];
}
