using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D] images, y [N, D] texts; kappa(a, b) = exp(-|a - b|^2 / (2 sigma^2)).

/// <summary>Divergences of two samples by Gaussian kernels of one or several bandwidths. M and N may differ.</summary>
/// <remarks>
/// Float32 over tiles of scores that serve all bandwidths, float64 sums and, for a bandwidth too small for float32
/// scores, float64 throughout. Six products of rows^2 D whatever the number of bandwidths; memory O((M + N) D + a budget of
/// scores). No gradient with respect to the bandwidth: it follows the data and is detached.
/// </remarks>
public static class KernelDivergences
{
    /// <summary>
    /// The squared maximum mean discrepancy (Gretton et al., JMLR 2012, equations 3 and 5): mean kappa(x_i, x_j) + mean kappa(y_i, y_j)
    /// - 2 mean kappa(x_i, y_j); with several factors its mean over the bandwidths factor * sigma.
    /// <see cref="NaiveBaselines.MaximumMeanDiscrepancy"/> is its definition.
    /// </summary>
    /// <remarks>Between 0 and 2. Where no row of one set is within a few sigma of the other, its gradient vanishes: that is MMD's,
    /// not rounding's.</remarks>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="bandwidth">sigma, in the units of the rows; finite and above 0.</param>
    /// <param name="factors">Multiples of sigma, each finite and above 0; none for sigma alone.</param>
    /// <param name="offDiagonal">Leaves i = j out of the self terms: unbiased, may be negative, needs two rows a side.</param>
    public static Tensor MaximumMeanDiscrepancy(
        this Tape tape, Tensor x, Tensor y, double bandwidth, ReadOnlySpan<double> factors = default, bool offDiagonal = false) =>
        Run(tape, x, y, bandwidth, factors, offDiagonal, logarithms: false);

    /// <summary>The mean of D_CS over the bandwidths factor * sigma; see <see cref="CauchySchwarzDivergence"/>.
    /// <see cref="NaiveBaselines.CauchySchwarz"/> is its definition.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D].</param>
    /// <param name="bandwidth">sigma, in the units of the rows; finite and above 0.</param>
    /// <param name="factors">Multiples of sigma, each finite and above 0; none for sigma alone.</param>
    /// <param name="offDiagonal">Leaves i = j out of the self terms: nearly unbiased, may be negative, needs two rows a side.</param>
    public static Tensor CauchySchwarz(this Tape tape, Tensor x, Tensor y, double bandwidth, ReadOnlySpan<double> factors,
        bool offDiagonal = false) =>
        Run(tape, x, y, bandwidth, factors, offDiagonal, logarithms: true);

    internal static double[] Bandwidths(double bandwidth, ReadOnlySpan<double> factors)
    {
        double[] sigmas = factors.Length == 0 ? [bandwidth] : new double[factors.Length];
        for (int s = 0; s < factors.Length; s++)
        {
            if (!(factors[s] > 0 && double.IsFinite(factors[s])))
                throw new ArgumentOutOfRangeException(nameof(factors), factors[s], "A factor of the bandwidth must be finite and above 0.");
            sigmas[s] = bandwidth * factors[s];
            if (!(sigmas[s] > 0 && double.IsFinite(sigmas[s])))
                throw new InputException($"bandwidth-factors: {factors[s]:G4} times the bandwidth {bandwidth:G4} is {sigmas[s]:G4}; both "
                    + "together must be finite and above 0");
        }

        return sigmas;
    }

    private static Tensor Run(Tape tape, Tensor x, Tensor y, double bandwidth, ReadOnlySpan<double> factors, bool offDiagonal,
        bool logarithms)
    {
        ArgumentNullException.ThrowIfNull(tape);
        CsAlignerObjective.Check(x, y, bandwidth, offDiagonal);
        double[] sigmas = Bandwidths(bandwidth, factors);
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        gradX?.Span.Clear();
        gradY?.Span.Clear();
        double value = KernelMixtureDivergence.Compute(x, y, sigmas, offDiagonal, logarithms, 1, gradX, gradY);
        return tape.KnownGradient(value, (x, gradX), (y, gradY));
    }
}
