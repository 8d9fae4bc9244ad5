using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Layers;

/// <summary>
/// Functions of one variable and their derivatives, eight lanes at a time on every path: .NET emulates them where the processor's are
/// narrower.
/// </summary>
internal static unsafe class Activations
{
    /// <summary>A function of one variable: its value, and its derivative.</summary>
    internal interface IFunction
    {
        static abstract Vector256<float> Value(Vector256<float> x);

        static abstract Vector256<float> Derivative(Vector256<float> x);
    }

    /// <summary>y = f(x).</summary>
    public static void Forward<TFunction>(float* x, float* y, int length)
        where TFunction : struct, IFunction
        => Blocks.For(length, Blocks.Elements, new ForwardBody<TFunction>(x, y));

    /// <summary>dx (+)= dy f'(x).</summary>
    public static void Backward<TFunction>(float* x, float* dy, float* dx, int length, bool accumulate)
        where TFunction : struct, IFunction
        => Blocks.For(length, Blocks.Elements, new BackwardBody<TFunction>(x, dy, dx, accumulate));

    private static Vector256<float> LoadPart(float* source, int count)
    {
        var lanes = Vector256<float>.Zero;
        for (int i = 0; i < count; i++) lanes = lanes.WithElement(i, source[i]);
        return lanes;
    }

    private static void StorePart(float* target, Vector256<float> lanes, int count)
    {
        for (int i = 0; i < count; i++) target[i] = lanes.GetElement(i);
    }

    private readonly struct ForwardBody<TFunction>(float* x, float* y) : IBlockBody
        where TFunction : struct, IFunction
    {
        public void Run(int start, int end)
        {
            int i = start;
            for (; i <= end - 8; i += 8) TFunction.Value(Vector256.Load(x + i)).Store(y + i);
            if (i < end) StorePart(y + i, TFunction.Value(LoadPart(x + i, end - i)), end - i);
        }
    }

    private readonly struct BackwardBody<TFunction>(float* x, float* dy, float* dx, bool accumulate) : IBlockBody
        where TFunction : struct, IFunction
    {
        public void Run(int start, int end)
        {
            int i = start;
            for (; i <= end - 8; i += 8)
            {
                var gradient = Vector256.Load(dy + i) * TFunction.Derivative(Vector256.Load(x + i));
                if (accumulate) gradient += Vector256.Load(dx + i);
                gradient.Store(dx + i);
            }

            if (i < end)
            {
                var gradient = LoadPart(dy + i, end - i) * TFunction.Derivative(LoadPart(x + i, end - i));
                if (accumulate) gradient += LoadPart(dx + i, end - i);
                StorePart(dx + i, gradient, end - i);
            }
        }
    }

    /// <summary>max(x, 0).</summary>
    internal readonly struct Relu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) => Vector256.Max(x, Vector256<float>.Zero);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x) =>
            Vector256.GreaterThan(x, Vector256<float>.Zero) & Vector256<float>.One;
    }

    /// <summary>x sigmoid(1.702 x): OpenAI CLIP's.</summary>
    internal readonly struct QuickGelu : IFunction
    {
        private const float Slope = 1.702f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) => x * VectorMath.Sigmoid(x * Slope);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x)
        {
            var sigmoid = VectorMath.Sigmoid(x * Slope);
            return sigmoid * Vector256.FusedMultiplyAdd(x * Slope, Vector256<float>.One - sigmoid, Vector256<float>.One);
        }
    }

    /// <summary>x Phi(x), Phi the normal distribution function, by the error function.</summary>
    internal readonly struct Gelu : IFunction
    {
        private const float InverseRootTwo = 0.70710678f;
        private const float InverseRootTwoPi = 0.39894228f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) =>
            0.5f * x * (Vector256<float>.One + VectorMath.Erf(x * InverseRootTwo, out _));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x)
        {
            var distribution = 0.5f * (Vector256<float>.One + VectorMath.Erf(x * InverseRootTwo, out var expMinusHalfSquare));
            return Vector256.FusedMultiplyAdd(x * InverseRootTwoPi, expMinusHalfSquare, distribution);
        }
    }

    /// <summary>x sigmoid(x).</summary>
    internal readonly struct Silu : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) => x * VectorMath.Sigmoid(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x)
        {
            var sigmoid = VectorMath.Sigmoid(x);
            return sigmoid * Vector256.FusedMultiplyAdd(x, Vector256<float>.One - sigmoid, Vector256<float>.One);
        }
    }

    /// <summary>e^x.</summary>
    internal readonly struct Exp : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) => VectorMath.Exp(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x) => VectorMath.Exp(x);
    }

    /// <summary>ln x.</summary>
    internal readonly struct Log : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Value(Vector256<float> x) => Vector256.Log(x);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Derivative(Vector256<float> x) => Vector256<float>.One / x;
    }
}
