using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Layers;

namespace CsAligner.Tensors.Ops;

/// <summary>Functions of each element: nonlinearities of networks, e^x and ln x.</summary>
public static unsafe class ActivationOps
{
    /// <summary>x Phi(x), with the error function (not its tanh approximation).</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Gelu(this Tape tape, Tensor x) => Apply<Activations.Gelu>(tape, x);

    /// <summary>x sigmoid(1.702 x), the form in OpenAI's CLIP. It is not interchangeable with <see cref="Gelu"/>:
    /// weights fit one of them.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor QuickGelu(this Tape tape, Tensor x) => Apply<Activations.QuickGelu>(tape, x);

    /// <summary>max(x, 0); the derivative at 0 is 0.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Relu(this Tape tape, Tensor x) => Apply<Activations.Relu>(tape, x);

    /// <summary>x sigmoid(x), also known as swish.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Silu(this Tape tape, Tensor x) => Apply<Activations.Silu>(tape, x);

    /// <summary>e^x: 0 below -87.3, infinity above 88.72.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Exp(this Tape tape, Tensor x) => Apply<Activations.Exp>(tape, x);

    /// <summary>ln x: minus infinity at 0, NaN below. The derivative is 1 / x, so keep x away from 0 where gradients are wanted.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    public static Tensor Log(this Tape tape, Tensor x) => Apply<Activations.Log>(tape, x);

    private static Tensor Apply<TFunction>(Tape tape, Tensor x)
        where TFunction : struct, Activations.IFunction
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        var y = tape.RentLike(x, x.RequiresGrad);
        Activations.Forward<TFunction>(x.Pointer, y.Pointer, x.Length);
        tape.Record(y, x,
            static (y, x) =>
                Activations.Backward<TFunction>(x.Pointer, y.GradPointer, x.GradSink(out bool accumulate), x.Length, accumulate));
        return y;
    }
}
