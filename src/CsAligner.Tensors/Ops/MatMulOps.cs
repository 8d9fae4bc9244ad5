using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;

namespace CsAligner.Tensors.Ops;

/// <summary>Matrix products. B batch, M rows, K the summed width, N columns.</summary>
public static unsafe class MatMulOps
{
    /// <summary>The matrix product of the last two dimensions, for each index of the dimensions before.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="a">[..., M, K], or [..., K, M] with <paramref name="transposeA"/>.</param>
    /// <param name="b">[..., K, N], or [..., N, K] with <paramref name="transposeB"/>; the leading sizes are a's,
    /// or there are none and b serves every batch.</param>
    /// <param name="transposeA">Read a transposed.</param>
    /// <param name="transposeB">Read b transposed.</param>
    /// <returns>[..., M, N].</returns>
    public static Tensor MatMul(this Tape tape, Tensor a, Tensor b, bool transposeA = false, bool transposeB = false)
    {
        ArgumentNullException.ThrowIfNull(tape);
        var left = new Side(a, transposeA);
        var right = new Side(b, transposeB);
        bool shared = b.Rank == 2;
        if (left.Columns != right.Rows || (!shared && !a.Shape[..^2].SequenceEqual(b.Shape[..^2])))
            throw new ArgumentException(
                $"MatMul: shapes {Shapes.Format(a.Shape)}{(transposeA ? " transposed" : "")} and "
                    + $"{Shapes.Format(b.Shape)}{(transposeB ? " transposed" : "")} do not fit.", nameof(b));

        int batch = Shapes.Length(a.Shape[..^2]);
        var y = tape.Rent([.. a.Shape[..^2], left.Rows, right.Columns], a.RequiresGrad || b.RequiresGrad);
        var product = new Side(y, transposed: false);
        for (int i = 0; i < batch; i++)
            Multiply(left, a.Pointer + left.At(i), right, b.Pointer + right.At(shared ? 0 : i), product, y.Pointer + product.At(i),
                accumulate: false);

        tape.Record(y, () =>
        {
            // dA = dY Bᵀ and dB = Aᵀ dY, each written with the strides of its layout.
            if (a.RequiresGrad)
            {
                float* sink = a.GradSink(out bool accumulate);
                for (int i = 0; i < batch; i++)
                {
                    if (transposeA)
                        Multiply(right, b.Pointer + right.At(shared ? 0 : i), product.Transposed, y.GradPointer + product.At(i),
                            left.Transposed, sink + left.At(i), accumulate);
                    else Multiply(product, y.GradPointer + product.At(i), right.Transposed, b.Pointer + right.At(shared ? 0 : i), left,
                        sink + left.At(i), accumulate);
                }
            }

            if (b.RequiresGrad)
            {
                float* sink = b.GradSink(out bool accumulate);
                for (int i = 0; i < batch; i++)
                {
                    bool add = accumulate || (shared && i > 0);
                    if (transposeB)
                        Multiply(product.Transposed, y.GradPointer + product.At(i), left, a.Pointer + left.At(i), right.Transposed,
                            sink + right.At(shared ? 0 : i), add);
                    else Multiply(left.Transposed, a.Pointer + left.At(i), product, y.GradPointer + product.At(i), right,
                        sink + right.At(shared ? 0 : i), add);
                }
            }
        });
        return y;
    }

    /// <summary>x Wᵀ + bias, as in a fully connected layer.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[..., K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[N], or null.</param>
    /// <returns>[..., N].</returns>
    public static Tensor Linear(this Tape tape, Tensor x, Tensor weight, Tensor? bias = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(weight);
        int rows = x.Rows, k = x.Width, n = weight.Shape[0];
        if (weight.Rank != 2 || weight.Width != k || (bias is not null && bias.Length != n))
        {
            string and = bias is null ? "" : $" and bias {Shapes.Format(bias.Shape)}";
            throw new ArgumentException(
                $"Linear: input {Shapes.Format(x.Shape)}, weight {Shapes.Format(weight.Shape)}{and} do not fit.", nameof(weight));
        }

        var y = tape.RentLike(x, n, x.RequiresGrad || weight.RequiresGrad || (bias?.RequiresGrad ?? false));
        if (bias is not null) Elementwise.RepeatRow(bias.Pointer, y.Pointer, rows, n);
        Gemm.Run(rows, n, k, new(x.Pointer, k), new(weight.Pointer, 1, k), new(y.Pointer, n), accumulate: bias is not null);
        tape.Record(y, (x, weight, bias), static (y, inputs) =>
        {
            var (x, weight, bias) = inputs;
            int rows = x.Rows, k = x.Width, n = y.Width;
            if (bias is { RequiresGrad: true })
                Reductions.SumRows(y.GradPointer, rows, n, bias.GradSink(out bool accumulateBias), accumulateBias);
            if (weight.RequiresGrad)
                Gemm.Run(n, k, rows,
                    new(y.GradPointer, 1, n), new(x.Pointer, k), new(weight.GradSink(out bool accumulateWeight), k), accumulateWeight);
            if (x.RequiresGrad)
                Gemm.Run(rows, k, n,
                    new(y.GradPointer, n), new(weight.Pointer, k), new(x.GradSink(out bool accumulateX), k), accumulateX);
        });
        return y;
    }

    private static void Multiply(Side a, float* pa, Side b, float* pb, Side c, float* pc, bool accumulate)
        => Gemm.Run(a.Rows, b.Columns, a.Columns,
            new(pa, a.RowStride, a.ColumnStride), new(pb, b.RowStride, b.ColumnStride), new(pc, c.RowStride), accumulate);

    /// <summary>The last two dimensions of a tensor as a matrix with strides, perhaps transposed.</summary>
    private readonly record struct Side(int Rows, int Columns, int RowStride, int ColumnStride)
    {
        public Side(Tensor tensor, bool transposed)
            : this(0, 0, 0, 0)
        {
            ArgumentNullException.ThrowIfNull(tensor);
            if (tensor.Rank < 2)
                throw new ArgumentException($"MatMul needs at least two dimensions, got shape {Shapes.Format(tensor.Shape)}.",
                    nameof(tensor));
            var plain = new Side(tensor.Shape[^2], tensor.Shape[^1], tensor.Shape[^1], 1);
            this = transposed ? plain.Transposed : plain;
        }

        public Side Transposed => new(Columns, Rows, ColumnStride, RowStride);

        public long At(int batch) => (long)batch * Rows * Columns;
    }
}
