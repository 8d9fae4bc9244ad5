using System.Numerics.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>
/// The projection onto the span of the kernel's functions at some points (landmarks): k_P(a, b) = k(a)' K^-1 k(b) with
/// k(a) the kernel values of a at the landmarks and K those among them. A landmark that lies in the span of those before it,
/// to rounding, is left out. Float64, Cholesky, time O(m^3).
/// </summary>
internal sealed unsafe class LandmarkProjection
{
    // Of a diagonal of 1. Float32 kernel values carry about 1e-7: smaller pivots would blow that up.
    private const double SmallestPivot = 1e-4;

    private readonly int _landmarks;
    private readonly List<int> _kept = [];
    private readonly List<double[]> _rows = [];

    public LandmarkProjection(float* points, int landmarks, int width, double sigma)
    {
        _landmarks = landmarks;
        double scale = 1 / (sigma * sigma);
        var half = new double[landmarks];
        for (int i = 0; i < landmarks; i++) half[i] = 0.5 * RowDots.Dot(points + ((long)i * width), points + ((long)i * width), width);
        for (int i = 0; i < landmarks; i++)
        {
            var row = new double[_kept.Count + 1];
            int point = i;
            Blocks.For(_kept.Count, 32, (start, end) =>
            {
                for (int j = start; j < end; j++)
                {
                    int other = _kept[j];
                    double dot = RowDots.Dot(points + ((long)point * width), points + ((long)other * width), width);
                    row[j] = Math.Exp(Math.Min(0, (dot - half[point] - half[other]) * scale));
                }
            });
            double pivot = 1;
            for (int j = 0; j < _kept.Count; j++)
            {
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row.AsSpan(0, j), _rows[j].AsSpan(0, j))) / _rows[j][j];
                pivot -= row[j] * row[j];
            }

            if (pivot < SmallestPivot) continue;
            row[^1] = Math.Sqrt(pivot);
            _kept.Add(i);
            _rows.Add(row);
        }
    }

    /// <summary>K^-1 v, zero at landmarks that are left out.</summary>
    /// <param name="values">One value for each landmark.</param>
    public double[] Solve(double[] values)
    {
        int count = _kept.Count;
        var solved = new double[count];
        for (int i = 0; i < count; i++)
            solved[i] = (values[_kept[i]] - TensorPrimitives.Dot<double>(solved.AsSpan(0, i), _rows[i].AsSpan(0, i))) / _rows[i][i];
        for (int i = count - 1; i >= 0; i--)
        {
            solved[i] /= _rows[i][i];
            for (int j = 0; j < i; j++) solved[j] -= _rows[i][j] * solved[i];
        }

        var result = new double[_landmarks];
        for (int i = 0; i < count; i++) result[_kept[i]] = solved[i];
        return result;
    }
}
