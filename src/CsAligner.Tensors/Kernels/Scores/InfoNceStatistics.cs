using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// What InfoNCE needs of its logits: log-sum-exps of rows and columns over the wrong answers, and the right ones apart. Where a
/// model is good the loss and its gradient are the little that the wrong answers hold, which a sum with the right one would swallow.
/// </summary>
internal sealed unsafe class InfoNceStatistics
{
    public InfoNceStatistics(InfoNceLogits logits, int columns, Scratch scratch)
    {
        Logits = logits;
        Right = scratch.Floats(logits.Pairs);
        RowLargest = scratch.Floats(logits.Pairs, float.NegativeInfinity);
        RowSums = scratch.Doubles(logits.Pairs);
        ColumnLogs = scratch.Floats(ScoreEpilogueKernel.Padded(columns), -ScoreEpilogueKernel.MaskOffset);
        RowLogs = scratch.Floats(logits.Pairs);
        DiagonalWeights = scratch.Floats(logits.Pairs);
    }

    public InfoNceLogits Logits { get; }

    /// <summary>Scores of the right answers.</summary>
    public float* Right { get; }

    /// <summary>Running maxima of rows, without their own offsets.</summary>
    public float* RowLargest { get; }

    /// <summary>Sums of exponentials relative to the maxima.</summary>
    public double* RowSums { get; }

    /// <summary>Log-sum-exps of columns over the wrong answers, after <see cref="Complete"/> over all;
    /// -MaskOffset if there is no pair.</summary>
    public float* ColumnLogs { get; }

    /// <summary>After <see cref="Complete"/>: log-sum-exps of rows over all answers.</summary>
    public float* RowLogs { get; }

    /// <summary>After <see cref="Complete"/>: (P_row - 1) + (P_column - 1) of the right answers.</summary>
    public float* DiagonalWeights { get; }

    /// <summary>ln(1 + e^x).</summary>
    public static double SoftPlus(double x) => x > 0 ? x + KernelTotal.LogOnePlus(Math.Exp(-x)) : KernelTotal.LogOnePlus(Math.Exp(x));

    /// <summary>1 / (1 + e^-x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>Adds the log-sum-exps up, and gives back the loss.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double Complete()
    {
        double loss = 0;
        for (int i = 0; i < Logits.Pairs; i++)
        {
            double inRow = MathF.FusedMultiplyAdd(Right[i], Logits.Scale, Logits.Columns[i]),
                inColumn = MathF.FusedMultiplyAdd(Right[i], Logits.Scale, Logits.Rows[i]);
            double rowLead = RowLargest[i] + Math.Log(RowSums[i]) - inRow, columnLead = ColumnLogs[i] - inColumn;
            double rowLoss = SoftPlus(rowLead), columnLoss = SoftPlus(columnLead);
            loss += 0.5 * (rowLoss + columnLoss);
            RowLogs[i] = (float)(inRow + rowLoss);
            ColumnLogs[i] = (float)(inColumn + columnLoss);
            DiagonalWeights[i] = -(float)(Sigmoid(rowLead) + Sigmoid(columnLead));
        }
        return loss / Logits.Pairs;
    }

    /// <summary>Merges what one more tile holds of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void AddToRow(int row, float largest, float sum)
    {
        if (largest > RowLargest[row])
        {
            RowSums[row] = (RowSums[row] * Math.Exp((double)RowLargest[row] - largest)) + sum;
            RowLargest[row] = largest;
        }
        else
        {
            RowSums[row] += sum * Math.Exp((double)largest - RowLargest[row]);
        }
    }
}
