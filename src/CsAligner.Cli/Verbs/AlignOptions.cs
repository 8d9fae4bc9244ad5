using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CsAligner.Adapters;
using CsAligner.Cli.Running;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>The options of <c>align</c> that decide how it trains: those of <see cref="AlignmentOptionList"/>.</summary>
internal sealed class AlignOptions
{
    private readonly (AlignmentOption Declared, Option Option)[] _all =
        [.. AlignmentOptionList.All.Select(declared => (declared, Create(declared)))];

    public void AddTo(Command command)
    {
        foreach ((_, Option option) in _all) command.Add(option);
    }

    /// <summary>Refuses what does not go together, and what would have no effect.</summary>
    public void Check(ParseResult parsed)
    {
        try
        {
            AlignmentOptions options = Read(parsed);
            options.Validate(option => option.Flag);
            AdapterKind kind = AdapterKinds.BuiltIn[options.Adapter.Kind];
            if (!kind.TakesSize) Refuse("adapter_size", $"--adapter {kind.Name}, which has no size");
            if (!kind.TakesLayers) Refuse("adapter_layers", $"--adapter {kind.Name}, which has no layers");
        }
        catch (AlignmentOptionException failure)
        {
            throw new UsageException(InFlags(failure));
        }
        catch (InputException failure)
        {
            throw new UsageException(failure.Message);
        }

        void Refuse(string key, string because)
        {
            if (Given(parsed, key) is not null)
                throw new UsageException($"{AlignmentOptionList.Get(key).Flag} has no effect with {because}: leave it out");
        }
    }

    /// <summary>Of options that were given, those that the objective has no use for. No mistakes:
    /// scripts try objectives with the same options.</summary>
    public IEnumerable<string> Unused(ParseResult parsed)
    {
        AlignmentOptions options = Read(parsed);
        return !options.Objective.Trains
            ? []
            : _all.Where(each => parsed.IsGiven(each.Option) && !each.Declared.IsUsed(options))
                .Select(each => $"note: {each.Declared.Flag} has no effect with --objective {options.Objective}");
    }

    /// <summary>The options; those that are left to be chosen have their defaults.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="defaults">What it leaves out; null for the defaults of data of one width.</param>
    public AlignmentOptions Read(ParseResult parsed, AlignmentOptions? defaults = null)
    {
        AlignmentOptions options = defaults ?? new();
        foreach ((AlignmentOption declared, _) in _all)
        {
            if (Given(parsed, declared.Key) is { } text && !IsAutomatic(declared, text)) options = declared.Read(options, text);
        }

        return options;
    }

    /// <summary>Whether something was left to be chosen.</summary>
    public bool HasChoices(ParseResult parsed) =>
        Given(parsed, "bandwidth") == AlignmentOption.Automatic || Given(parsed, "lambda") == AlignmentOption.Automatic;

    /// <summary>Chooses what was left to be chosen; null where nothing was.</summary>
    public AutomaticChoiceResult? Choose(ParseResult parsed, AlignmentOptions options, AlignmentData data, Session session)
    {
        bool bandwidth = Given(parsed, "bandwidth") == AlignmentOption.Automatic;
        bool lambda = Given(parsed, "lambda") == AlignmentOption.Automatic;
        if (!bandwidth && !lambda) return null;
        AutomaticChoiceResult? result = null;
        int settings = (bandwidth ? AutomaticChoice.BandwidthFactors.Count : 1) * (lambda ? AutomaticChoice.Lambdas.Count : 1);
        session.Terminal.WithProgress(
            "choosing",
            settings,
            progress => result = new AutomaticChoice(options, data, session.Ranks).Choose(
                bandwidth, lambda, (done, _) => progress.Report(done), session.Cancellation),
            "settings");
        session.Terminal.Say(
            $"chosen: --bandwidth {result!.Options.Bandwidth} --lambda "
                + $"{result.Options.Lambda.ToString("R", CultureInfo.InvariantCulture)}");
        return result;
    }

    private static Option Create(AlignmentOption declared)
    {
        if (declared.IsSwitch) return new Option<bool>(declared.Flag) { Description = declared.Help };
        string valueName = declared.IsChoosable ? $"{declared.ValueName}|{AlignmentOption.Automatic}" : declared.ValueName;
        var option = new Option<Value>(declared.Flag)
        {
            Description = Description(declared),
            HelpName = valueName,
            Arity = declared.TakesMany ? ArgumentArity.OneOrMore : ArgumentArity.ExactlyOne,
            AllowMultipleArgumentsPerToken = declared.TakesMany,
            CustomParser = result => Parse(declared, result),
        };
        if (declared.Default.Length > 0) option.DefaultValueFactory = _ => new Value(declared.Default);
        if (!valueName.Contains('|')) option.CompletionSources.Add([.. declared.Words]);
        return option;
    }

    private static string Description(AlignmentOption declared)
    {
        string range = declared.ValueName == string.Join('|', declared.Words) ? "" : declared.Range;
        if (declared.IsChoosable) range += $", or {AlignmentOption.Automatic}: chosen on pairs that are not trained on";
        return range.Length == 0 ? declared.Help : $"{declared.Help} ({range})";
    }

    private static Value? Parse(AlignmentOption declared, ArgumentResult result)
    {
        string[] tokens = [.. result.Tokens.Select(token => token.Value)];
        string text = string.Join(' ', tokens);
        if (IsAutomatic(declared, text)) return new Value(text);
        try
        {
            // One by one first: a message names the value that is wrong.
            foreach (string token in tokens) declared.Check(token);
            declared.Check(text);
            return new Value(text);
        }
        catch (AlignmentOptionException) when (declared.IsChoosable)
        {
            string[] words = [AlignmentOption.Automatic, .. declared.Words];
            result.AddError($"{declared.Flag}: expected {declared.Expected} or {AlignmentOption.Automatic}, got '{text}'"
                + Suggestion.End(text, words));
        }
        catch (AlignmentOptionException failure)
        {
            result.AddError(InFlags(failure));
        }

        return null;
    }

    private static string InFlags(AlignmentOptionException failure) => failure.MessageFor(option => option.Flag);

    private static bool IsAutomatic(AlignmentOption declared, string text) => declared.IsChoosable && text == AlignmentOption.Automatic;

    /// <summary>What was given for an option; null where it was left out.</summary>
    private string? Given(ParseResult parsed, string key)
    {
        Option option = _all.First(each => each.Declared.Key == key).Option;
        return !parsed.IsGiven(option) ? null
            : option is Option<Value> valued ? parsed.GetValue(valued)!.Text
            : parsed.GetValue((Option<bool>)option) ? "true" : "false";
    }

    /// <summary>The text of a value, which its option has checked.</summary>
    private sealed record Value(string Text)
    {
        public override string ToString() => Text;
    }
}
