using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Ops;

/// <summary>Sums, differences and products with NumPy-style broadcasting.</summary>
public static unsafe class ElementwiseOps
{
    private enum Layout
    {
        Same,
        Rows,
        General,
    }

    /// <summary>a + b, broadcast.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">A shape that broadcasts with a's.</param>
    public static Tensor Add(this Tape tape, Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(tape);
        if (LayoutOf(a, b) == Layout.General && LayoutOf(b, a) != Layout.General) (a, b) = (b, a);
        var layout = LayoutOf(a, b);
        var y = Result(tape, a, b, layout);
        switch (layout)
        {
            case Layout.Same: Elementwise.Add(a.Pointer, b.Pointer, y.Pointer, y.Length); break;
            case Layout.Rows: Elementwise.AddToRows(a.Pointer, b.Pointer, y.Pointer, a.Length / b.Length, b.Length); break;
            default:
                Elementwise.AddBroadcast(a.Pointer, Shapes.BroadcastStrides(a.Shape, y.Shape), b.Pointer,
                    Shapes.BroadcastStrides(b.Shape, y.Shape), y.Pointer, y.Shape);
                break;
        }

        tape.Record(y, (a, b, layout), static (y, inputs) =>
        {
            // b first: a may take the gradient's buffer over instead of copying it.
            var (a, b, layout) = inputs;
            if (b.RequiresGrad) AddReduced(y.GradPointer, y, b, layout == Layout.Rows);
            if (a.RequiresGrad && !(layout != Layout.General && a.TryTakeGradOf(y))) AddReduced(y.GradPointer, y, a, rows: false);
        });
        return y;
    }

    /// <summary>a - b, broadcast.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">A shape that broadcasts with a's.</param>
    public static Tensor Sub(this Tape tape, Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var layout = LayoutOf(a, b);
        bool repeatsA = layout == Layout.General && LayoutOf(b, a) == Layout.Rows;
        var y = Result(tape, a, b, layout);
        switch (layout)
        {
            case Layout.Same: Elementwise.Subtract(a.Pointer, b.Pointer, y.Pointer, y.Length); break;
            case Layout.Rows: Elementwise.SubtractFromRows(a.Pointer, b.Pointer, y.Pointer, a.Length / b.Length, b.Length); break;
            case Layout.General when repeatsA:
                Elementwise.SubtractRows(a.Pointer, b.Pointer, y.Pointer, b.Length / a.Length, a.Length);
                break;
            default:
                Elementwise.SubtractBroadcast(a.Pointer, Shapes.BroadcastStrides(a.Shape, y.Shape), b.Pointer,
                    Shapes.BroadcastStrides(b.Shape, y.Shape), y.Pointer, y.Shape);
                break;
        }

        tape.Record(y, (a, b, layout, repeatsA), static (y, inputs) =>
        {
            // b first: a may take the gradient's buffer over instead of copying it.
            var (a, b, layout, repeatsA) = inputs;
            if (b.RequiresGrad) AddReduced(y.GradPointer, y, b, layout == Layout.Rows, -1);
            if (a.RequiresGrad && !(layout != Layout.General && a.TryTakeGradOf(y))) AddReduced(y.GradPointer, y, a, repeatsA);
        });
        return y;
    }

    /// <summary>a b, element by element, broadcast.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="a">Any shape.</param>
    /// <param name="b">A shape that broadcasts with a's.</param>
    public static Tensor Mul(this Tape tape, Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var layout = LayoutOf(a, b);
        var y = Result(tape, a, b, layout);
        switch (layout)
        {
            case Layout.Same: Elementwise.Multiply(a.Pointer, b.Pointer, y.Pointer, y.Length, accumulate: false); break;
            case Layout.Rows: Elementwise.MultiplyRows(a.Pointer, b.Pointer, y.Pointer, a.Length / b.Length, b.Length); break;
            default:
                Elementwise.MultiplyBroadcast(a.Pointer, Shapes.BroadcastStrides(a.Shape, y.Shape), b.Pointer,
                    Shapes.BroadcastStrides(b.Shape, y.Shape), y.Pointer, y.Shape);
                break;
        }

        tape.Record(y, (a, b, layout), static (y, inputs) =>
        {
            var (a, b, layout) = inputs;
            if (a.RequiresGrad) AddProduct(y, b, a, layout);
            if (b.RequiresGrad) AddProduct(y, a, b, layout);
        });
        return y;
    }

    /// <summary>factor x.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">Any shape.</param>
    /// <param name="factor">A constant.</param>
    public static Tensor Scale(this Tape tape, Tensor x, float factor)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        var y = tape.RentLike(x, x.RequiresGrad);
        Elementwise.Scale(x.Pointer, factor, y.Pointer, y.Length, accumulate: false);
        tape.Record(y, (x, factor),
            static (y, s) => Elementwise.Scale(y.GradPointer, s.factor, s.x.GradSink(out bool accumulate), y.Length, accumulate));
        return y;
    }

    private static Layout LayoutOf(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Shape.SequenceEqual(b.Shape)) return Layout.Same;
        bool suffix = b.Length > 0 && b.Rank <= a.Rank && a.Shape[^b.Rank..].SequenceEqual(b.Shape);
        return suffix ? Layout.Rows : Layout.General;
    }

    private static Tensor Result(Tape tape, Tensor a, Tensor b, Layout layout)
    {
        bool requiresGrad = a.RequiresGrad || b.RequiresGrad;
        return layout == Layout.General ? tape.Rent(Shapes.Broadcast(a.Shape, b.Shape), requiresGrad) : tape.RentLike(a, requiresGrad);
    }

    // target's gradient (+)= factor source, summed over the dimensions in which target was broadcast.
    private static void AddReduced(float* source, Tensor y, Tensor target, bool rows, float factor = 1)
    {
        float* sink = target.GradSink(out bool accumulate);
        if (rows && factor != 1)
        {
            using var scratch = new Scratch();
            float* sums = scratch.Floats(target.Length);
            Reductions.SumRows(source, y.Length / target.Length, target.Length, sums, accumulate: false);
            Elementwise.Scale(sums, factor, sink, target.Length, accumulate);
        }
        else if (rows)
        {
            Reductions.SumRows(source, y.Length / target.Length, target.Length, sink, accumulate);
        }
        else if (target.Length == y.Length)
        {
            Elementwise.Scale(source, factor, sink, target.Length, accumulate);
        }
        else
        {
            if (!accumulate) new Span<float>(sink, target.Length).Clear();
            Elementwise.ReduceBroadcast(source, &factor, new int[y.Rank], sink, Shapes.BroadcastStrides(target.Shape, y.Shape), y.Shape);
        }
    }

    // target's gradient (+)= dy other, summed where target was broadcast.
    private static void AddProduct(Tensor y, Tensor other, Tensor target, Layout layout)
    {
        float* sink = target.GradSink(out bool accumulate);
        if (layout == Layout.Same)
        {
            Elementwise.Multiply(y.GradPointer, other.Pointer, sink, target.Length, accumulate);
            return;
        }

        if (!accumulate) new Span<float>(sink, target.Length).Clear();
        Elementwise.ReduceBroadcast(y.GradPointer, other.Pointer, Shapes.BroadcastStrides(other.Shape, y.Shape), sink,
            Shapes.BroadcastStrides(target.Shape, y.Shape), y.Shape);
    }
}
