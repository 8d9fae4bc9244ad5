using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// InfoNCE's logits over the first pairs, from scores of centred rows: scale (x_i . y_j) = scale * score + row offset + column
/// offset + a constant. The constant is left out, and in the log-sum-exp of a row its own offset, in that of a column the column's:
/// they change no probability and would cost digits.
/// </summary>
internal sealed unsafe class InfoNceLogits
{
    public InfoNceLogits(CentredRows x, CentredRows y, int pairs, double scale, Scratch scratch)
    {
        (Pairs, Scale) = (pairs, (float)scale);
        Rows = Offsets(x, x.Count, scratch);
        Columns = Offsets(y, y.Count, scratch);
    }

    public int Pairs { get; }

    public float Scale { get; }

    /// <summary>scale (x_i - c) . c, c the centre.</summary>
    public float* Rows { get; }

    /// <summary>The same for y; <see cref="ScoreEpilogueKernel.MaskOffset"/> behind the last pair.</summary>
    public float* Columns { get; }

    private float* Offsets(CentredRows rows, int count, Scratch scratch)
    {
        float* offsets = scratch.Floats(ScoreEpilogueKernel.Padded(count), ScoreEpilogueKernel.MaskOffset);
        for (int i = 0; i < Pairs; i++) offsets[i] = (float)(Scale * rows.Dots[i]);
        return offsets;
    }
}
