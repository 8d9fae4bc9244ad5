using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Matrices;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

// Shapes: x [M, D], y [N, D]; means [D], covariances C over rows, [D, D].

/// <summary>
/// The Sinkhorn divergence at a blur far above the spread of the rows, where the plan is nearly the product of the two samples and
/// potentials lose their digits in epsilon: |m_x - m_y|^2 / 2 + |C_x - C_y|_F^2 / (4 blur^2), its expansion to the order of 1 / epsilon,
/// with gradients.
/// </summary>
internal static unsafe class LargeBlurSinkhorn
{
    /// <summary>The value; gradients are written if there is room for them. Float64, time O((M + N) D^2).</summary>
    public static double Compute(Tensor x, Tensor y, double blur, Tensor? gradX, Tensor? gradY)
    {
        using var scratch = new Scratch();
        int width = x.Width;
        long size = (long)width * width;
        double* meanX = RowSums.Mean(x.Pointer, x.Rows, width, scratch), meanY = RowSums.Mean(y.Pointer, y.Rows, width, scratch);
        double* rowsX = Centred(x, meanX, blur, scratch), rowsY = Centred(y, meanY, blur, scratch);
        double* difference = scratch.Doubles(size), other = scratch.Doubles(size);
        Float64Gemm.TransposeProduct(rowsX, width, rowsX, width, x.Rows, difference);
        Float64Gemm.TransposeProduct(rowsY, width, rowsY, width, y.Rows, other);
        double value = 0;
        for (int d = 0; d < width; d++) value += 0.5 * (meanX[d] - meanY[d]) * (meanX[d] - meanY[d]);
        double squares = 0;
        for (long i = 0; i < size; i++)
        {
            difference[i] = (difference[i] / x.Rows) - (other[i] / y.Rows);
            squares += difference[i] * difference[i];
        }

        Write(gradX, rowsX, 1);
        Write(gradY, rowsY, -1);
        GC.KeepAlive(x);
        GC.KeepAlive(y);

        // Rows are in units of the blur: |C|^2 / blur^2 is blur^2 |C / blur^2|^2.
        return value + (0.25 * blur * squares * blur);

        // grad_i = sign (m_x - m_y + (C_x - C_y) (x_i - m_x) / blur^2) / rows.
        void Write(Tensor? grad, double* rows, double sign)
        {
            if (grad == null) return;
            float* to = grad.Pointer;
            int count = grad.Rows;
            Blocks.ForRows(count, width, (start, end) =>
            {
                for (int i = start; i < end; i++)
                {
                    double* row = rows + ((nint)i * width);
                    for (int d = 0; d < width; d++)
                    {
                        double bent = blur * Float64Gemm.Dot(difference + ((nint)d * width), row, width);
                        to[((nint)i * width) + d] = (float)(sign * (meanX[d] - meanY[d] + bent) / count);
                    }
                }
            });
            GC.KeepAlive(grad);
        }
    }

    private static double* Centred(Tensor x, double* mean, double blur, Scratch scratch)
    {
        double* centred = RowSums.Widened(x.Pointer, x.Rows, x.Width, mean, scratch);
        for (long i = 0; i < (long)x.Rows * x.Width; i++) centred[i] /= blur;
        return centred;
    }
}
