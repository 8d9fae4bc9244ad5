using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [P, D], y [P, D], row i the partner of row i.

/// <summary>SigLIP's loss with its gradients: three products of P^2 D, memory O(P D + a tile).</summary>
internal static unsafe class SigLipKernel
{
    // Beyond these, float32 logits are off by more than 0.01, or scores overflow.
    private const double MostLogit = 1e5, MostProduct = 1e30;

    // Below it, ScoreEpilogueKernel.MaskOffset times the scale would not be beyond every bias.
    private const double LeastScale = 1e-24;

    /// <summary>
    /// The sum over all pairs of rows over <paramref name="pairs"/>, and its derivatives by the bias and the scale;
    /// gradients of the first pairs rows are written if there is room for them.
    /// </summary>
    public static (double Loss, double GradBias, double GradScale) Compute(
        Tensor x, Tensor y, int pairs, double scale, double bias, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        float* origin = scratch.Floats(width, 0f);
        CentredRows rowsX = new(x.Pointer, pairs, width, origin, scratch), rowsY = new(y.Pointer, pairs, width, origin, scratch);
        Check(Math.Sqrt(rowsX.LargestSquare) * Math.Sqrt(rowsY.LargestSquare), scale, bias);
        var epilogue = new SigLipEpilogue(pairs, scale, bias, 1.0 / pairs, scratch);
        float* toX = gradX == null ? null : gradX.Pointer, toY = gradY == null ? null : gradY.Pointer;
        new ScoreSweep(rowsX, rowsY, scratch).Run(epilogue, toX, toY, accumulate: false);
        GC.KeepAlive(x);
        GC.KeepAlive(y);
        GC.KeepAlive(gradX);
        GC.KeepAlive(gradY);
        var (loss, biasSum, scaleSum) = epilogue.Total;
        return (loss / pairs, biasSum / pairs, scaleSum / pairs);
    }

    private static void Check(double lengths, double scale, double bias)
    {
        if (scale < LeastScale) throw new InputException($"SigLIP: expected a scale of {LeastScale:G4} or more, got {scale:G4}; raise it");
        if (lengths > MostProduct || scale * lengths > MostLogit || Math.Abs(bias) > MostLogit)
        {
            throw new InputException(
                $"SigLIP: expected logits (the scale times the lengths of two rows) and a bias of at most {MostLogit:G4}, "
                    + $"got {scale * lengths:G4} and {bias:G4}; lower the scale or normalise the rows");
        }
    }
}
