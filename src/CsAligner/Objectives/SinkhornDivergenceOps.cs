using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Measures;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives;

// Shapes: x [M, D], y [N, D], rows of equal weight.

/// <summary>
/// The debiased Sinkhorn divergence (Feydy et al., AISTATS 2019) as GeomLoss computes it: S = OT(x, y) - OT(x, x) / 2 - OT(y, y) / 2
/// with the cost |a - b|^2 / 2 and the entropic regularisation epsilon = blur^2. At a small blur it nears half the squared Wasserstein-2
/// distance, at a large one half the squared distance of the means. <see cref="NaiveSinkhorn"/> is its definition.
/// </summary>
/// <remarks>
/// Log-domain, symmetric updates; epsilon falls from the square of the diagonal of the box around all rows to blur^2, its root
/// by <c>scaling</c> a step: ln(diagonal / blur) / ln(1 / scaling) + 2 steps, then one last update. The gradient is the envelope
/// theorem's: the potentials are held, only the costs of the last update are differentiated; how far the potentials are from their fixed
/// point is its error. Not differentiated: blur and the diagonal. Float32 costs: plan entries are off by about
/// 2^-24 |x|^2 / blur^2. A blur above 30 times the largest distance from the mean takes the expansion by 1 / blur^2 in float64. Time O((M
/// + N)^2 (D + steps)), memory O((M + N)^2): 16 MiB at 1,024 rows a side.
/// </remarks>
public static class SinkhornDivergenceOps
{
    /// <summary>Steps are not more than this unless said otherwise.</summary>
    public const int DefaultMostSteps = 100;

    // Squares that float32 holds.
    private const double LeastSquare = 1e-20, MostSquare = 1e30;

    // Relative to the largest distance from the mean: where a plan's entries are off by a hundredth,
    // and where the expansion is nearer than that rounding.
    private const double LeastBlur = 2.5e-3, WideBlur = 30;

    /// <summary>S as a scalar of the tape.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[M, D].</param>
    /// <param name="y">[N, D]; N may differ from M.</param>
    /// <param name="blur">The length below which differences are smoothed over, in the units of the rows; finite and above 0.</param>
    /// <param name="scaling">By how much the root of epsilon falls in a step, above 0 and below 1:
    /// nearer 1 is slower and more exact.</param>
    /// <param name="mostSteps">More steps are refused.</param>
    /// <exception cref="InputException">The blur is smaller than 0.0025 of the largest distance of a row from the mean.</exception>
    public static Tensor SinkhornDivergence(
        this Tape tape, Tensor x, Tensor y, double blur = 0.05, double scaling = 0.5, int mostSteps = DefaultMostSteps)
    {
        ArgumentNullException.ThrowIfNull(tape);
        CsAlignerObjective.Check(x, y, 1, offDiagonal: false);
        if (!(blur > 0 && double.IsFinite(blur)))
            throw new ArgumentOutOfRangeException(nameof(blur), blur, "The blur must be finite and above 0.");
        if (!(scaling > 0 && scaling < 1))
            throw new ArgumentOutOfRangeException(nameof(scaling), scaling, "The scaling must be above 0 and below 1.");
        bool wide = IsWide(x, y, blur);
        Tensor? gradX = tape.GradientFor(x), gradY = tape.GradientFor(y);
        double value = wide
            ? LargeBlurSinkhorn.Compute(x, y, blur, gradX, gradY)
            : SinkhornKernel.Compute(x, y, blur, scaling, mostSteps, gradX, gradY);
        return tape.KnownGradient(value, (x, gradX), (y, gradY));
    }

    // Whether the blur is so large that the expansion is nearer than float32 potentials; one that is too small is refused.
    private static bool IsWide(Tensor x, Tensor y, double blur)
    {
        Tensor centre = BlockSums.Centre(x, y);
        double squared = Math.Max(BlockSums.Squares(x, x.Rows, centre).Largest, BlockSums.Squares(y, y.Rows, centre).Largest),
            radius = Math.Sqrt(squared);
        if (squared > 0 && squared is < LeastSquare or > MostSquare)
            throw new InputException($"Sinkhorn: rows {radius:G4} from their mean have squares beyond float32; scale them to "
                + $"lie between {Math.Sqrt(LeastSquare):G4} and {Math.Sqrt(MostSquare):G4} from it");
        if (blur < LeastBlur * radius)
            throw new InputException($"Sinkhorn: a blur of {blur:G4} is too small for the rounding of float32 costs with rows up "
                + $"to {radius:G4} from their mean; give {1.001 * LeastBlur * radius:G4} or more");
        return blur > WideBlur * radius;
    }
}
