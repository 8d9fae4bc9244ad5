using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;

namespace CsAligner.Tensors.Ops;

/// <summary>A loss whose gradients were made together with its value.</summary>
internal static unsafe class KnownGradientOps
{
    /// <summary>
    /// A scalar of the given value; its backward adds upstream * gradient to each input. Gradients are tensors of
    /// the tape, null for inputs that require none.
    /// </summary>
    /// <exception cref="InputException">The value is beyond float32, which losses are kept in.</exception>
    public static Tensor KnownGradient(this Tape tape, double value, params (Tensor Input, Tensor? Gradient)[] parts)
    {
        if (Math.Abs(value) > float.MaxValue)
            throw new InputException($"the loss is {value:G4}, beyond the {float.MaxValue:G4} that float32 carries; take a larger "
                + "bandwidth or temperature, or scale the rows down");
        var y = tape.Rent([], parts.Any(p => p.Gradient != null));
        *y.Pointer = (float)value;
        tape.Record(y, parts, static (y, parts) =>
        {
            foreach (var (input, gradient) in parts)
            {
                if (gradient == null) continue;
                float factor = *y.GradPointer;
                if (input.TryAdoptGrad(gradient))
                {
                    if (factor != 1) Elementwise.Scale(input.GradPointer, factor, input.GradPointer, input.Length, accumulate: false);
                }
                else
                {
                    float* sink = input.GradSink(out bool accumulate);
                    Elementwise.Scale(gradient.Pointer, factor, sink, input.Length, accumulate);
                }

                gradient.Release();
            }
        });
        return y;
    }

    /// <summary>Room for the gradient of an input, its elements not set; null if it is not needed.</summary>
    public static Tensor? GradientFor(this Tape tape, Tensor input)
    {
        if (!tape.Recording || !input.RequiresGrad) return null;
        return tape.RentGradientOf(input);
    }
}
