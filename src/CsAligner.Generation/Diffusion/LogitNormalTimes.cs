using CsAligner.Tensors;

namespace CsAligner.Generation.Diffusion;

/// <summary>Times to train at: sigmoid(mean + deviation n) with n standard normal (Esser et al. 2024, arXiv 2403.03206).</summary>
/// <param name="Mean">Of the logit; below 0 there is more noise than picture.</param>
/// <param name="Deviation">Of the logit, greater than 0.</param>
public sealed record LogitNormalTimes(double Mean, double Deviation)
{
    /// <summary>Draws a time for each element.</summary>
    /// <param name="random">The random source.</param>
    /// <param name="times">Filled with values between 0 and 1.</param>
    public void Fill(RandomGenerator random, Span<float> times)
    {
        ArgumentNullException.ThrowIfNull(random);
        foreach (ref float time in times) time = (float)(1 / (1 + Math.Exp(-(Mean + (Deviation * random.NextNormal())))));
    }
}
