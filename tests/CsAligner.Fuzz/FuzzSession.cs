using CsAligner.Fuzz.Coverage;
using CsAligner.Fuzz.Mutation;

namespace CsAligner.Fuzz;

/// <summary>
/// Fuzzes a group of targets: takes an input of the corpus, changes it, runs it, and keeps what takes the readers where no input
/// has been. Where they do not tell what they cover (not instrumented), nothing is added.
/// </summary>
internal sealed class FuzzSession
{
    private readonly Workplace _workplace;
    private readonly FuzzGroup _group;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly Dictionary<FuzzTarget, List<FuzzInput>> _inputs = [];
    private readonly List<(FuzzInput Input, bool WasFinding)> _kept = [];
    private readonly CoverageProgress _progress = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>Runs the kept inputs and the seeds, which are in <see cref="Findings"/> where one fails.</summary>
    public FuzzSession(FuzzGroup group, string corpus, int seed, Workplace workplace)
    {
        (_group, _random, _workplace, Executor) = (group, new Random(seed), workplace, new Executor(workplace));
        var words = new Dictionary<FuzzTarget, string[]>();
        foreach (var target in group.Targets)
        {
            byte[][][] seeds = [.. target.Seeds()];
            words[target] = Mutator.WordsOf(target, seeds);
            _inputs[target] = [];
            foreach (byte[][] parts in seeds) Offer(new FuzzInput(target, parts), keep: true);
        }

        _mutator = new Mutator(_random, words);
        foreach (var (input, wasFinding) in Corpus.Read(corpus, group)) Offer(input, keep: true, wasFinding);
        foreach (var input in workplace.Kept(group)) Offer(input, keep: true);
    }

    /// <summary>What went wrong, each bug once.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Inputs run so far.</summary>
    public long Runs { get; private set; }

    /// <summary>Steps between blocks seen; 0 where nothing is instrumented.</summary>
    public int Steps => _progress.Steps;

    /// <summary>Inputs that changes start from.</summary>
    public int CorpusSize => _inputs.Values.Sum(list => list.Count);

    /// <summary>For who watches over time.</summary>
    public Executor Executor { get; }

    /// <summary>Called with each new bug.</summary>
    public Action<Finding>? Found { get; set; }

    /// <summary>Changes and runs one input.</summary>
    public void Advance()
    {
        FuzzTarget target = _group.Targets[(int)(Runs % _group.Targets.Count)];
        List<FuzzInput> inputs = _inputs[target];
        // Half of the time one of the latest: what is new has not been looked around yet.
        int latest = Math.Min(inputs.Count, 16);
        FuzzInput input = _random.Next(2) == 0 ? inputs[_random.Next(inputs.Count)] : inputs[^(1 + _random.Next(latest))];
        Offer(_mutator.Mutate(input, inputs[_random.Next(inputs.Count)]), keep: false);
    }

    /// <summary>Writes a corpus that covers what this session's inputs cover, with as few and small inputs as a greedy choice finds,
    /// and all findings.</summary>
    /// <returns>How many inputs it has.</returns>
    public int Save(string corpus)
    {
        var progress = new CoverageProgress();
        var chosen = new List<(FuzzInput, bool)>();
        foreach (var (input, wasFinding) in _kept.OrderBy(k => k.WasFinding).ThenBy(k => k.Input.Length).ToList())
        {
            Executor.Run(input);
            if (progress.Add() || wasFinding) chosen.Add((input, wasFinding));
        }

        Corpus.Write(corpus, _group, chosen.DistinctBy(c => (c.Item1.Target, c.Item1.Id)));
        return chosen.Count;
    }

    private void Offer(FuzzInput input, bool keep, bool wasFinding = false)
    {
        Runs++;
        Finding? finding = Executor.Run(input);
        bool isNew = _progress.Add();
        if (finding is not null && _known.Add(finding.Kind))
        {
            Findings.Add(finding);
            _kept.Add((input, true));
            Found?.Invoke(finding);
        }
        else if (isNew || keep)
        {
            _kept.Add((input, wasFinding));
        }

        if (isNew && !keep) _workplace.Keep(input);
        if (isNew || keep) _inputs[input.Target].Add(input);
    }
}
