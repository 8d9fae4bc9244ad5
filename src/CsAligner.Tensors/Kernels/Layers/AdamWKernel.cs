using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>One pass of AdamW over a parameter: weights, both moments and the gradient are read once.</summary>
internal static unsafe class AdamWKernel
{
    /// <summary>
    /// m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g²; w = decay w - rate m / (sqrt(v) correction + epsilon),
    /// with g = scale gradient.
    /// </summary>
    public static void Step(float* weights, float* gradient, float* m, float* v, int length, in AdamWUpdate update)
        => Blocks.For(length, Blocks.Elements, new StepBody(weights, gradient, m, v, update));

    private readonly struct StepBody(float* weights, float* gradient, float* m, float* v, AdamWUpdate update) : IBlockBody
    {
        public void Run(int start, int end)
        {
            var (scale, beta1, beta2, decay, rate, correction, epsilon) = update;
            int i = start;
            for (; i <= end - 8; i += 8)
            {
                var g = Vector256.Load(gradient + i) * scale;
                var first = Vector256.FusedMultiplyAdd(Vector256.Create(beta1), Vector256.Load(m + i), g * (1 - beta1));
                var second = Vector256.FusedMultiplyAdd(Vector256.Create(beta2), Vector256.Load(v + i), g * g * (1 - beta2));
                first.Store(m + i);
                second.Store(v + i);
                var step = first * rate
                    / Vector256.FusedMultiplyAdd(Vector256.Sqrt(second), Vector256.Create(correction), Vector256.Create(epsilon));
                ((Vector256.Load(weights + i) * decay) - step).Store(weights + i);
            }

            for (; i < end; i++)
            {
                float g = gradient[i] * scale;
                m[i] = float.FusedMultiplyAdd(beta1, m[i], g * (1 - beta1));
                v[i] = float.FusedMultiplyAdd(beta2, v[i], g * g * (1 - beta2));
                weights[i] = (weights[i] * decay) - (m[i] * rate / float.FusedMultiplyAdd(MathF.Sqrt(v[i]), correction, epsilon));
            }
        }
    }
}
