using System.Runtime.Intrinsics;
using CsAligner.Tensors.Kernels.Vectors;

namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>What one SIMD path brings to the epilogues of a score tile: see <see cref="ScoreEpilogueLoops{TVector, TLanes}"/>.</summary>
internal sealed unsafe class ScoreEpilogueKernel
{
    /// <summary>The offset of columns that do not exist: the exponential of any logit with it is 0.</summary>
    public const float MaskOffset = -1e30f;

    /// <summary>Columns and rows of scores come in groups of so many: whole register tiles and whole vectors on every path.</summary>
    public const int Group = 48;

    private static readonly ScoreEpilogueKernel Avx512 = Create<Vector512<float>, Lanes512>();
    private static readonly ScoreEpilogueKernel Avx2 = Create<Vector256<float>, Lanes256>();
    private static readonly ScoreEpilogueKernel Portable = Create<Vector128<float>, Lanes128>();

    private ScoreEpilogueKernel(
        delegate*<float*, float*, float, int, float> largest,
        delegate*<float*, float*, float, float, int, float> expSum,
        delegate*<float*, float*, float, float, float, int, float*, float, float*, out float, float> kernel,
        delegate*<float*, float*, float*, float, float, float, int, float*, float, float*, out float, float> infoNce,
        delegate*<float*, nint, int, float*, float, int, float*, float*, void> columns,
        delegate*<float*, float*, nint, int, int, void> mergeColumns,
        delegate*<float*, float*, int, float*, void> centre)
    {
        Largest = largest;
        ExpSum = expSum;
        KernelRow = kernel;
        InfoNceRow = infoNce;
        ColumnLogSumExps = columns;
        MergeColumnLogSumExps = mergeColumns;
        Centre = centre;
    }

    public delegate*<float*, float*, float, int, float> Largest { get; }

    public delegate*<float*, float*, float, float, int, float> ExpSum { get; }

    public delegate*<float*, float*, float, float, float, int, float*, float, float*, out float, float> KernelRow { get; }

    public delegate*<float*, float*, float*, float, float, float, int, float*, float, float*, out float, float> InfoNceRow { get; }

    public delegate*<float*, nint, int, float*, float, int, float*, float*, void> ColumnLogSumExps { get; }

    public delegate*<float*, float*, nint, int, int, void> MergeColumnLogSumExps { get; }

    public delegate*<float*, float*, int, float*, void> Centre { get; }

    public static ScoreEpilogueKernel For(SimdPath path) => path switch
    {
        SimdPath.Avx512 => Avx512,
        SimdPath.Avx2 => Avx2,
        _ => Portable,
    };

    /// <summary>Rounded up to whole groups.</summary>
    public static int Padded(int length) => (length + Group - 1) / Group * Group;

    private static ScoreEpilogueKernel Create<TVector, TLanes>()
        where TLanes : struct, ILanes<TVector> => new(
        &ScoreEpilogueLoops<TVector, TLanes>.Largest,
        &ScoreEpilogueLoops<TVector, TLanes>.ExpSum,
        &ScoreEpilogueLoops<TVector, TLanes>.KernelRow,
        &ScoreEpilogueLoops<TVector, TLanes>.InfoNceRow,
        &ScoreEpilogueLoops<TVector, TLanes>.ColumnLogSumExps,
        &ScoreEpilogueLoops<TVector, TLanes>.MergeColumnLogSumExps,
        &ScoreEpilogueLoops<TVector, TLanes>.Centre);
}
