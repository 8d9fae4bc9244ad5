using CsAligner.Evaluation;
using CsAligner.Generation.Fidelity;

namespace CsAligner.Studies.Sweeps;

/// <summary>How good the pictures are that a decoder made of a test's names; all NaN where none were made.</summary>
internal sealed record DrawnMeasures
{
    /// <summary>The columns of results.csv.</summary>
    public static IReadOnlyList<(string Name, Func<DrawnMeasures, double> Value)> Columns { get; } =
    [
        ("drawn_frechet", m => m.Frechet), ("drawn_kernel_distance", m => m.Kernel), ("drawn_kernel_error", m => m.KernelError),
        ("drawn_cmmd", m => m.Cmmd), ("drawn_precision", m => m.Precision), ("drawn_recall", m => m.Recall),
        ("drawn_density", m => m.Density), ("drawn_coverage", m => m.Coverage),
        ("drawn_by_name_r1", m => m.ByName1), ("drawn_by_name_r10", m => m.ByName10),
        ("drawn_by_picture_r1", m => m.ByPicture1), ("drawn_by_picture_r10", m => m.ByPicture10),
        ("judge_frechet", m => m.JudgeFrechet), ("judge_kernel_distance", m => m.JudgeKernel),
            ("judge_kernel_error", m => m.JudgeKernelError),
    ];

    /// <summary>Of a test without pictures.</summary>
    public static DrawnMeasures None { get; } = new();

    public double Frechet { get; init; } = double.NaN;

    public double Kernel { get; init; } = double.NaN;

    /// <summary>One standard error of <see cref="Kernel"/>.</summary>
    public double KernelError { get; init; } = double.NaN;

    public double Cmmd { get; init; } = double.NaN;

    public double Precision { get; init; } = double.NaN;

    public double Recall { get; init; } = double.NaN;

    public double Density { get; init; } = double.NaN;

    public double Coverage { get; init; } = double.NaN;

    /// <summary>R@1 of the names, as the model embeds them, among the made pictures.</summary>
    public double ByName1 { get; init; } = double.NaN;

    public double ByName10 { get; init; } = double.NaN;

    /// <summary>R@1 of the true pictures among the made ones.</summary>
    public double ByPicture1 { get; init; } = double.NaN;

    public double ByPicture10 { get; init; } = double.NaN;

    /// <summary>The Fréchet distance by the second encoder.</summary>
    public double JudgeFrechet { get; init; } = double.NaN;

    public double JudgeKernel { get; init; } = double.NaN;

    public double JudgeKernelError { get; init; } = double.NaN;

    public static DrawnMeasures Of(
        FidelityMeasures own, RetrievalMeasures byName, RetrievalMeasures byPicture, FidelityMeasures? judge) => new()
        {
            Frechet = own.Frechet,
            Kernel = own.KernelDistance,
            KernelError = own.KernelDistanceError ?? double.NaN,
            Cmmd = own.Cmmd,
            Precision = own.Precision ?? double.NaN,
            Recall = own.Recall ?? double.NaN,
            Density = own.Density ?? double.NaN,
            Coverage = own.Coverage ?? double.NaN,
            ByName1 = byName.RecallAt1,
            ByName10 = byName.RecallAt10,
            ByPicture1 = byPicture.RecallAt1,
            ByPicture10 = byPicture.RecallAt10,
            JudgeFrechet = judge?.Frechet ?? double.NaN,
            JudgeKernel = judge?.KernelDistance ?? double.NaN,
            JudgeKernelError = judge?.KernelDistanceError ?? double.NaN,
        };

    /// <summary>From the columns of results.csv.</summary>
    /// <param name="column">The value of a column; NaN if the file has none.</param>
    public static DrawnMeasures Read(Func<string, double> column)
    {
        double Of(int number) => column(Columns[number].Name);
        return new DrawnMeasures
        {
            Frechet = Of(0),
            Kernel = Of(1),
            KernelError = Of(2),
            Cmmd = Of(3),
            Precision = Of(4),
            Recall = Of(5),
            Density = Of(6),
            Coverage = Of(7),
            ByName1 = Of(8),
            ByName10 = Of(9),
            ByPicture1 = Of(10),
            ByPicture10 = Of(11),
            JudgeFrechet = Of(12),
            JudgeKernel = Of(13),
            JudgeKernelError = Of(14),
        };
    }
}
