using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Tensors.Kernels.Maps;

// Shapes: rows [N, D], affinities [N, N]; map, gradient, speed and gains [2, N].

/// <summary><see cref="TSneKernel"/> on tensors, and the step that uses its gradient.</summary>
internal static unsafe class TSneSteps
{
    public static void Affinities(Tensor rows, double perplexity, Tensor affinities)
    {
        TSneKernel.Affinities(rows, perplexity, affinities.Pointer);
        GC.KeepAlive(affinities);
    }

    /// <summary>Writes the gradient; gives back KL(p | q) where it is asked for, which costs as much again.</summary>
    public static double Gradient(Tensor affinities, float exaggeration, Tensor map, Tensor gradient, bool value = false)
    {
        int count = affinities.Rows;
        double normaliser = TSneKernel.Gradient(
            affinities.Pointer, count, exaggeration, map.Pointer, map.Pointer + count, gradient.Pointer, gradient.Pointer + count);
        double divergence = value
            ? TSneKernel.Divergence(affinities.Pointer, count, map.Pointer, map.Pointer + count, normaliser)
            : double.NaN;
        GC.KeepAlive(affinities);
        GC.KeepAlive(map);
        GC.KeepAlive(gradient);
        return divergence;
    }

    /// <summary>One step of gradient descent with momentum and a gain for each coordinate; the map stays centred.</summary>
    public static void Move(Tensor map, Tensor gradient, Tensor speed, Tensor gains, float rate, float momentum, float smallestGain)
    {
        float* at = map.Pointer, slope = gradient.Pointer, velocity = speed.Pointer, gain = gains.Pointer;
        for (int i = 0; i < map.Length; i++)
        {
            // Against the movement so far: faster; along the way back: slower (Jacobs 1988).
            gain[i] = Math.Max(smallestGain, velocity[i] * slope[i] < 0 ? gain[i] + 0.2f : gain[i] * 0.8f);
            velocity[i] = (momentum * velocity[i]) - (rate * gain[i] * slope[i]);
            at[i] += velocity[i];
        }

        int count = map.Width;
        foreach (int start in (int[])[0, count])
        {
            var coordinate = map.Span.Slice(start, count);
            TensorPrimitives.Subtract(coordinate, (float)(Reductions.Sum(map.Pointer + start, count) / count), coordinate);
        }

        GC.KeepAlive(gradient);
        GC.KeepAlive(speed);
        GC.KeepAlive(gains);
    }
}
