using System.Runtime.CompilerServices;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>The softmax of attention, forward and backward, on rows that are filled up to whole vectors.</summary>
internal static unsafe class AttentionSoftmax<TVector, TLanes>
    where TLanes : struct, ILanes<TVector>
{
    /// <summary>The first <paramref name="seen"/> scores become their softmax, the rest of the row zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softmax(float* scores, int seen, int length)
    {
        new Span<float>(scores + seen, length - seen).Fill(float.NegativeInfinity);
        TVector largest = TLanes.Load(scores);
        for (int j = TLanes.Count; j < length; j += TLanes.Count) largest = TLanes.Max(largest, TLanes.Load(scores + j));
        TVector top = TLanes.Broadcast(TLanes.Largest(largest)), sums = TLanes.Zero;
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector weight = LanesMath<TVector, TLanes>.Exp(TLanes.Subtract(TLanes.Load(scores + j), top));
            TLanes.Store(weight, scores + j);
            sums = TLanes.Add(sums, weight);
        }

        TVector inverse = TLanes.Broadcast(1f / TLanes.Sum(sums));
        for (int j = 0; j < length; j += TLanes.Count) TLanes.Store(TLanes.Multiply(TLanes.Load(scores + j), inverse), scores + j);
    }

    /// <summary>gradients = scale p (gradients - sum(p gradients)); p is 0 beyond the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxBackward(float* p, float* gradients, float scale, int length)
    {
        TVector sums = TLanes.Zero, factor = TLanes.Broadcast(scale);
        for (int j = 0; j < length; j += TLanes.Count) sums = TLanes.MultiplyAdd(TLanes.Load(p + j), TLanes.Load(gradients + j), sums);
        TVector dot = TLanes.Broadcast(TLanes.Sum(sums));
        for (int j = 0; j < length; j += TLanes.Count)
        {
            TVector weight = TLanes.Multiply(TLanes.Load(p + j), factor);
            TLanes.Store(TLanes.Multiply(weight, TLanes.Subtract(TLanes.Load(gradients + j), dot)), gradients + j);
        }
    }
}
