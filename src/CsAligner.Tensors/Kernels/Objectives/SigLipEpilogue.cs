using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Scores;
using CsAligner.Tensors.Kernels.Threading;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>
/// SigLIP's loss over tiles of scores: with z = scale s + bias, softplus(z) for what does not belong together and
/// softplus(-z) for the pairs of the diagonal; the weights are its derivatives by the scores.
/// </summary>
internal sealed unsafe class SigLipEpilogue : ScoreEpilogue
{
    private const int Lanes = 8;

    private readonly float _scale, _bias, _weight;
    private readonly double* _losses, _biasSums, _scaleSums;

    /// <param name="rows">M.</param>
    /// <param name="scale">Above 0.</param>
    /// <param name="bias">Added to every logit.</param>
    /// <param name="weight">Weight of the loss of one pair of rows.</param>
    /// <param name="scratch">Where sums are kept.</param>
    public SigLipEpilogue(int rows, double scale, double bias, double weight, Scratch scratch)
    {
        (_scale, _bias, _weight) = ((float)scale, (float)bias, (float)(weight * scale));
        Tasks = Blocks.Count(rows, ScoreEpilogueKernel.Group);
        _losses = scratch.Doubles(Tasks);
        _biasSums = scratch.Doubles(Tasks);
        _scaleSums = scratch.Doubles(Tasks);
    }

    /// <summary>The sum of the losses, and of their derivatives by the bias and by the scale; before the weight.</summary>
    public (double Loss, double Bias, double Scale) Total
    {
        get
        {
            var total = (Loss: 0.0, Bias: 0.0, Scale: 0.0);
            for (int task = 0; task < Tasks; task++)
                total = (total.Loss + _losses[task], total.Bias + _biasSums[task], total.Scale + _scaleSums[task]);
            return total;
        }
    }

    private int Tasks { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(in ScoreTile tile, float* weights)
    {
        for (int i = 0; i < tile.Rows; i++)
        {
            float* scores = tile.At(i), row = weights == null ? null : weights + ((nint)i * tile.Length);
            int right = tile.DiagonalOf(i);
            float score = right < 0 ? 0 : scores[right];
            if (right >= 0) scores[right] = ScoreEpilogueKernel.MaskOffset;
            RunRow(scores, tile.Columns, tile.Length, row, tile.Task);
            if (right < 0) continue;
            scores[right] = score;
            AddPair(score, tile.Task, row == null ? null : row + right);
        }
    }

    public override void EndBlock(int column, int columns, int tasks)
    {
    }

    // softplus(z) = max(z, 0) + log(1 + e^-|z|): no exponential above 1, and no digits lost beside the 1.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunRow(float* scores, int columns, int length, float* weights, int task)
    {
        Vector256<float> losses = default, biases = default, scales = default;
        var factor = Vector256.Create(_weight);
        for (int j = 0; j < length; j += Lanes)
        {
            var score = Vector256.Load(scores + j);
            var logit = Vector256.FusedMultiplyAdd(score, Vector256.Create(_scale), Vector256.Create(_bias));
            var small = VectorMath.Exp(-Vector256.Abs(logit));
            var inverse = Vector256<float>.One / (Vector256<float>.One + small);
            var slope = Vector256.ConditionalSelect(Vector256.GreaterThan(logit, Vector256<float>.Zero), inverse, small * inverse);
            var loss = Vector256.MaxNative(logit, Vector256<float>.Zero) + VectorMath.LogOnePlus(small);
            if (j + Lanes > columns)
            {
                var inside = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(columns - j)).AsSingle();
                (slope, loss) =
                    (Vector256.ConditionalSelect(inside, slope, Vector256<float>.Zero),
                        Vector256.ConditionalSelect(inside, loss, Vector256<float>.Zero));
                score = Vector256.ConditionalSelect(inside, score, Vector256<float>.Zero);
            }

            losses += loss;
            biases += slope;
            scales = Vector256.FusedMultiplyAdd(slope, score, scales);
            if (weights != null) (slope * factor).Store(weights + j);
        }

        _losses[task] += Vector256.Sum(losses);
        _biasSums[task] += Vector256.Sum(biases);
        _scaleSums[task] += Vector256.Sum(scales);
    }

    private void AddPair(double score, int task, float* weight)
    {
        double logit = (_scale * score) + _bias, slope = -InfoNceStatistics.Sigmoid(-logit);
        _losses[task] += InfoNceStatistics.SoftPlus(-logit);
        _biasSums[task] += slope;
        _scaleSums[task] += slope * score;
        if (weight != null) *weight = (float)(slope * _weight);
    }
}
