using System.Diagnostics;
using CsAligner.Tensors.Kernels.Threading;

namespace CsAligner.Benchmarks.Profile;

/// <summary>Where the time between a start and an end went: by the kernels whose parallel loops ran,
/// and what was outside of them.</summary>
internal sealed class StepProfile
{
    public const string Waiting = "threads waiting for each other", Rest = "outside of kernels";

    // The first that a kernel's type name contains; kernels of the objective are many, and what is left.
    private static readonly (string Name, string Part)[] Parts =
    [
        ("Gemm", "matrix products"),
        ("PackedProduct", "matrix products"),
        ("Attention", "attention"),
        ("LayerNorm", "layer norm"),
        ("Activations", "activation"),
        ("Elementwise", "sums, copies, unit rows"),
        ("Reductions", "sums, copies, unit rows"),
        ("RowKernels", "sums, copies, unit rows"),
        ("Indexing", "sums, copies, unit rows"),
        ("AdamW", "optimiser"),
        ("PixelKernel", "pixels"),
        ("", "objective"),
    ];

    private readonly Dictionary<string, long> _ticks = [];
    private long _start;

    /// <summary>All parts in the order of a table, overhead last.</summary>
    public static IEnumerable<string> Rows => [.. Parts.Select(p => p.Part).Distinct(), Waiting, Rest];

    public double Seconds { get; private set; }

    public void Start()
    {
        _ticks.Clear();
        Workers.LoopEnded = Add;
        _start = Stopwatch.GetTimestamp();
    }

    public void Stop()
    {
        long elapsed = Stopwatch.GetTimestamp() - _start;
        Workers.LoopEnded = null;
        _ticks[Rest] = elapsed - _ticks.Values.Sum();
        Seconds = (double)elapsed / Stopwatch.Frequency;
    }

    /// <summary>The part's share of the whole, 0 to 1.</summary>
    public double Share(string part) => _ticks.GetValueOrDefault(part) / (Seconds * Stopwatch.Frequency);

    private void Add(Delegate body, long ticks, long waited)
    {
        Type type = body.Target?.GetType() ?? body.Method.DeclaringType!;
        string name = type.IsGenericType ? type.GenericTypeArguments[0].FullName! : type.FullName!;
        string part = Array.Find(Parts, p => name.Contains(p.Name, StringComparison.Ordinal)).Part;
        _ticks[part] = _ticks.GetValueOrDefault(part) + ticks - waited;
        _ticks[Waiting] = _ticks.GetValueOrDefault(Waiting) + waited;
    }
}
