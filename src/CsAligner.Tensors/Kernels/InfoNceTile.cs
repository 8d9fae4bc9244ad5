using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CsAligner.Tensors.Kernels;

/// <summary>
/// What InfoNCE needs to turn the scores of a tile into weights. Rows and Columns count the paired ones in the tile
/// (the first ones); rowLogs and columnLogs are the log-sum-exps of their logits; ScoreSums [rows] collects
/// the sum of probability * score, from which the logit scale has its gradient. The right answers on the diagonal are not in the weights.
/// </summary>
internal readonly unsafe struct InfoNceTile(
    int rows, int columns, float scale, float factor, float* rowLogs, float* columnLogs, double* scoreSums)
{
    public int Rows => rows;

    public int Columns => columns;

    public double* ScoreSums => scoreSums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<float> Weights(Vector256<float> scores, int row, int column, int remaining, ref Vector256<float> scoreSum)
    {
        var logits = KernelSums.Masked(scores * scale, remaining);
        var perColumn = Vector256.Load(columnLogs + column);
        var probabilities = VectorMath.Exp(logits - Vector256.Create(rowLogs[row])) + VectorMath.Exp(logits - perColumn);

        // Behind the last pair the scores are real or rubbish; 0 * rubbish could be NaN.
        var valid = Vector256.GreaterThan(logits, Vector256.Create(float.NegativeInfinity));
        probabilities = Vector256.ConditionalSelect(valid, probabilities, Vector256<float>.Zero);
        scoreSum += Vector256.ConditionalSelect(valid, probabilities * scores, Vector256<float>.Zero) * 0.5f;
        return probabilities * (0.5f * factor);
    }
}
