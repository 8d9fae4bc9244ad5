using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>
/// The loops of the score epilogues. A logit is factor * score + offset of its column + offset of its row; lengths are
/// multiples of 48, for offsets of <see cref="ScoreEpilogueKernel.MaskOffset"/> stand behind the last column and bring their exponentials
/// to 0.
/// </summary>
internal static unsafe class ScoreEpilogueLoops<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>max_j (factor * scores_j + offsets_j).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(float* scores, float* offsets, float factor, int length)
    {
        TVector scale = TLanes.Broadcast(factor), top = TLanes.Broadcast(float.NegativeInfinity);
        for (int j = 0; j < length; j += TLanes.Count)
            top = TLanes.Max(top, TLanes.MultiplyAdd(TLanes.Load(scores + j), scale, TLanes.Load(offsets + j)));
        return TLanes.Largest(top);
    }

    /// <summary>sum_j exp(factor * scores_j + offsets_j + row).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpSum(float* scores, float* offsets, float factor, float row, int length)
    {
        TVector scale = TLanes.Broadcast(factor), shift = TLanes.Broadcast(row), sum = TLanes.Zero;
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector logit = TLanes.MultiplyAdd(TLanes.Load(scores + j), scale, TLanes.Load(offsets + j));
            sum = TLanes.Add(sum, LanesMath<TVector, TLanes>.Exp(TLanes.Add(logit, shift)));
        }
        return TLanes.Sum(sum);
    }

    /// <summary>
    /// weights_j = weight * e_j with e_j = exp(min(limit, factor * scores_j + offsets_j + row)), added to columnSums too; gives back the
    /// sum of e_j and, in <paramref name="minusOne"/>, that of e_j - 1. With no weights only the sums.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float KernelRow(
        float* scores, float* offsets, float factor, float row, float limit, int length, float* weights, float weight, float* columnSums,
        out float minusOne)
    {
        TVector scale = TLanes.Broadcast(factor), shift = TLanes.Broadcast(row), most = TLanes.Broadcast(limit);
        TVector sum = TLanes.Zero, sumMinusOne = TLanes.Zero, unit = TLanes.Broadcast(weight);
        if (weights == null)
        {
            for (int j = 0; j < length; j += TLanes.Count)
            {
                TVector logit = TLanes.Add(TLanes.MultiplyAdd(TLanes.Load(scores + j), scale, TLanes.Load(offsets + j)), shift);
                sum = TLanes.Add(sum, LanesMath<TVector, TLanes>.Exp(TLanes.Min(logit, most), out TVector rest));
                sumMinusOne = TLanes.Add(sumMinusOne, rest);
            }
        }
        else
        {
            for (int j = 0; j < length; j += TLanes.Count)
            {
                TVector logit = TLanes.Add(TLanes.MultiplyAdd(TLanes.Load(scores + j), scale, TLanes.Load(offsets + j)), shift);
                TVector value = LanesMath<TVector, TLanes>.Exp(TLanes.Min(logit, most), out TVector rest);
                sum = TLanes.Add(sum, value);
                sumMinusOne = TLanes.Add(sumMinusOne, rest);
                value = TLanes.Multiply(value, unit);
                TLanes.Store(value, weights + j);
                TLanes.Store(TLanes.Add(TLanes.Load(columnSums + j), value), columnSums + j);
            }
        }
        minusOne = TLanes.Sum(sumMinusOne);
        return TLanes.Sum(sum);
    }

    /// <summary>
    /// Adds InfoNCE's weights w_j = weight * (exp(scale s_j + columnOffsets_j - rowLog) + exp(scale s_j + rowOffset - columnLogs_j)) to
    /// weights and columnSums; gives back their sum and, in <paramref name="scoreSum"/>, that of w_j s_j.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float InfoNceRow(
        float* scores, float* columnOffsets, float* columnLogs, float scale, float rowLog, float rowOffset, int length, float* weights,
        float weight,
        float* columnSums, out float scoreSum)
    {
        TVector factor = TLanes.Broadcast(scale), log = TLanes.Broadcast(rowLog), offset = TLanes.Broadcast(rowOffset),
            unit = TLanes.Broadcast(weight);
        TVector sum = TLanes.Zero, products = TLanes.Zero;
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector score = TLanes.Load(scores + j);
            TVector inRow = TLanes.Subtract(TLanes.MultiplyAdd(score, factor, TLanes.Load(columnOffsets + j)), log);
            TVector inColumn = TLanes.Subtract(TLanes.MultiplyAdd(score, factor, offset), TLanes.Load(columnLogs + j));
            TVector value = TLanes.Add(LanesMath<TVector, TLanes>.Exp(inRow), LanesMath<TVector, TLanes>.Exp(inColumn));
            value = TLanes.Multiply(value, unit);
            sum = TLanes.Add(sum, value);
            products = TLanes.MultiplyAdd(value, score, products);
            TLanes.Store(TLanes.Add(TLanes.Load(weights + j), value), weights + j);
            TLanes.Store(TLanes.Add(TLanes.Load(columnSums + j), value), columnSums + j);
        }
        scoreSum = TLanes.Sum(products);
        return TLanes.Sum(sum);
    }

    /// <summary>For each column of a tile the largest of factor * score + rowOffsets_i,
    /// and the sum of their exponentials relative to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ColumnLogSumExps(float* scores, nint stride, int rows, float* rowOffsets, float factor, int length, float* largest,
        float* sums)
    {
        TVector scale = TLanes.Broadcast(factor);
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector top = TLanes.Broadcast(float.NegativeInfinity), sum = TLanes.Zero;
            float* from = scores + j;
            for (int i = 0; i < rows; i++, from += stride)
                top = TLanes.Max(top, TLanes.MultiplyAdd(TLanes.Load(from), scale, TLanes.Broadcast(rowOffsets[i])));
            from = scores + j;
            for (int i = 0; i < rows; i++, from += stride)
            {
                TVector logit = TLanes.MultiplyAdd(TLanes.Load(from), scale, TLanes.Broadcast(rowOffsets[i]));
                sum = TLanes.Add(sum, LanesMath<TVector, TLanes>.Exp(TLanes.Subtract(logit, top)));
            }
            TLanes.Store(top, largest + j);
            TLanes.Store(sum, sums + j);
        }
    }

    /// <summary>Merges what <see cref="ColumnLogSumExps"/> found in several tiles, stride apart, into the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MergeColumnLogSumExps(float* largest, float* sums, nint stride, int tiles, int length)
    {
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector top = TLanes.Load(largest + j), sum = TLanes.Zero;
            for (int tile = 1; tile < tiles; tile++) top = TLanes.Max(top, TLanes.Load(largest + j + (tile * stride)));
            for (int tile = 0; tile < tiles; tile++)
            {
                TVector weight = LanesMath<TVector, TLanes>.Exp(TLanes.Subtract(TLanes.Load(largest + j + (tile * stride)), top));
                sum = TLanes.MultiplyAdd(TLanes.Load(sums + j + (tile * stride)), weight, sum);
            }
            TLanes.Store(top, largest + j);
            TLanes.Store(sum, sums + j);
        }
    }

    /// <summary>target = source - centre.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Centre(float* source, float* centre, int length, float* target)
    {
        int d = 0;
        for (; d <= length - TLanes.Count; d += TLanes.Count)
            TLanes.Store(TLanes.Subtract(TLanes.Load(source + d), TLanes.Load(centre + d)), target + d);
        for (; d < length; d++) target[d] = source[d] - centre[d];
    }
}
