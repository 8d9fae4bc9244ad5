using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using CsAligner.Cli.Usage;
using CsAligner.Models.Lora;
using CsAligner.Objectives;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>
/// Options that several verbs have, each made in one place so that they read and fail alike. A value out of its
/// range is wrong usage (exit 2).
/// </summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print one JSON object on stdout, and nothing else there" };

    public static Option<bool> Raw() => new("--raw") { Description = "Keep rows as they are; by default they are scaled to length 1" };

    /// <summary>The pairs: which text belongs to which image.</summary>
    public static Option<string?> Pairs() => OptionalPath(
        "--pairs", PathRole.Pairs,
        "The image row of each text row, an int64 .npy file; by default pairs.npy, else row i to row i");

    public static Option<ulong> Seed() => new("--seed")
    {
        Description = "Seed everything random",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
        CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            if (ulong.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)) return seed;
            result.AddError($"--seed: expected a whole number from 0 to {ulong.MaxValue}, got '{token}'");
            return 0;
        },
    };

    public static Option<BandwidthRule> Bandwidth(string fallback = "within*0.35") => new("--bandwidth")
    {
        Description = "Set the kernel's sigma; within*F is F times the spread within the modalities",
        HelpName = "F|median|within*F",
        DefaultValueFactory = _ => BandwidthRule.Parse(fallback),
        CustomParser = result => Parse(result, BandwidthRule.Parse),
    };

    public static Option<string> Estimator() => Choice(
        "--estimator", "Compute D_CS over all pairs of rows, or estimate it in time linear in the rows",
        "exact", "exact", "nystrom");

    /// <summary>The landmark rows of the nystrom estimator.</summary>
    public static Option<int> Features() => Count(
        "--features", "Set the landmark rows of the nystrom estimator; more rows lower its error", NystromEstimator.DefaultFeatures,
        NystromEstimator.FewestFeatures, NystromEstimator.MostFeatures);

    /// <summary>Refuses <c>--features</c> where nothing has landmarks.</summary>
    public static void CheckFeatures(ParseResult parsed, Option<string> estimator, Option<int> features)
    {
        if (parsed.IsGiven(features) && parsed.GetValue(estimator) != "nystrom")
            throw new UsageException("--features needs --estimator nystrom: give it, or leave out --features");
    }

    /// <summary>The trained parts inside encoders.</summary>
    public static Option<LoraOptions[]> Lora() => new("--lora")
    {
        Description = "Train LoRA in this tower, such as text:r=8,alpha=16,modules=q_proj+v_proj; once per tower",
        HelpName = "TOWER[:…]",
        CustomParser = result => [.. result.Tokens.Select(token => Parse(result, token.Value, LoraOptions.Parse)).OfType<LoraOptions>()],
    };

    /// <summary>A real number within bounds.</summary>
    public static Option<double> Number(string name, string description, double fallback, double least, double most = double.MaxValue,
        bool leastIncluded = true)
    {
        var option = new Option<double>(name) { Description = description, HelpName = "F", DefaultValueFactory = _ => fallback };
        string range = most == double.MaxValue
            ? leastIncluded ? $"at least {Text(least)}" : $"above {Text(least)}"
            : $"{(leastIncluded ? "from" : "above")} {Text(least)} up to {Text(most)}";
        option.CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value <= most && (leastIncluded ? value >= least : value > least))
                return value;
            result.AddError($"{name}: expected a number {range}, got '{token}'");
            return fallback;
        };
        return option;
    }

    /// <summary>A whole number of at least <paramref name="least"/>.</summary>
    public static Option<int> Count(string name, string description, int fallback, int least = 1, int most = int.MaxValue) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => WholeNumber(result, name, least, most) ?? fallback,
    };

    /// <summary>A whole number of at least <paramref name="least"/>, null if it is left out.</summary>
    public static Option<int?> OptionalCount(string name, string description, int least = 1, int most = int.MaxValue) =>
        new(name) { Description = description, HelpName = "N", CustomParser = result => WholeNumber(result, name, least, most) };

    /// <summary>A number of bytes: 512M, 2G, or a plain number. Null if it is left out.</summary>
    public static Option<long?> Bytes(string name, string description)
    {
        var option = new Option<long?>(name) { Description = description, HelpName = "SIZE" };
        option.CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            int shift = token.Length == 0 ? 0 : char.ToUpperInvariant(token[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 };
            if (long.TryParse(shift == 0 ? token : token[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out long value)
                && value > 0 && value <= long.MaxValue >> shift)
                return value << shift;
            result.AddError($"{name}: expected a size such as 512M or 2G, got '{token}'");
            return null;
        };
        return option;
    }

    /// <summary>One of a few words.</summary>
    public static Option<string> Choice(string name, string description, string fallback, params string[] words)
    {
        var option = new Option<string>(name)
        {
            Description = description,
            HelpName = string.Join('|', words),
            DefaultValueFactory = _ => fallback
        };
        option.CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            if (!words.Contains(token))
                result.AddError($"{name}: expected {string.Join(" or ", words)}, got '{token}'{Suggestion.End(token, words)}");
            return token;
        };
        return option;
    }

    /// <summary>One of a few words, null if it is left out.</summary>
    public static Option<T?> OptionalChoice<T>(string name, string description, params (string Word, T Value)[] words)
        where T : struct
    {
        var option = new Option<T?>(name) { Description = description, HelpName = string.Join('|', words.Select(word => word.Word)) };
        option.CustomParser = result =>
        {
            string token = result.Tokens[0].Value;
            foreach ((string word, T value) in words)
                if (word == token) return value;
            string[] known = [.. words.Select(word => word.Word)];
            result.AddError($"{name}: expected {string.Join(" or ", known)}, got '{token}'{Suggestion.End(token, known)}");
            return null;
        };
        return option;
    }

    /// <summary>Names with commas between them; none where it is left out.</summary>
    public static Option<string[]> Names(string name, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = "a,b", Arity = ArgumentArity.ExactlyOne };
        option.CustomParser = result =>
        {
            string[] names = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries);
            if (names.Contains(""))
                result.AddError($"{name}: name {Array.IndexOf(names, "") + 1} of {names.Length} in '{result.Tokens[0].Value}' is empty: "
                    + "expected names separated by commas");
            return names;
        };
        return option;
    }

    /// <summary>Whether an option was given, and not left at its default.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A path that must be given.</summary>
    public static Option<string> RequiredPath(string name, PathRole role, string description) =>
        new PathOption<string>(name, role, description) { Required = true };

    /// <summary>A path that may be given.</summary>
    public static Option<string?> OptionalPath(string name, PathRole role, string description) =>
        new PathOption<string?>(name, role, description);

    /// <summary>A path or name with a default.</summary>
    public static Option<string> DefaultPath(string name, PathRole role, string description, string fallback) =>
        new PathOption<string>(name, role, description) { DefaultValueFactory = _ => fallback };

    /// <summary>Any number of paths, each after the option's name.</summary>
    public static Option<string[]> Paths(string name, PathRole role, string description) =>
        new PathOption<string[]>(name, role, description);

    /// <summary>A path in the place of its name.</summary>
    public static Argument<string> Path(string name, PathRole role, string description) =>
        new PathArgument<string>(name, role, description);

    /// <summary>Parses by a function of the library; what it refuses is wrong usage.</summary>
    public static T? Parse<T>(ArgumentResult result, Func<string, T?> parse) => Parse(result, result.Tokens[0].Value, parse);

    private static T? Parse<T>(ArgumentResult result, string text, Func<string, T?> parse)
    {
        try
        {
            return parse(text);
        }
        catch (InputException failure)
        {
            // The library speaks of the property, which the message begins with; the user gave the option.
            string message = failure.Message;
            string name = result.Parent is OptionResult option ? option.Option.Name : "";
            int colon = message.IndexOf(": ", StringComparison.Ordinal);
            bool named = colon > 0 && !message.AsSpan(..colon).ContainsAny('\'', '"');
            result.AddError(name.Length == 0 ? message : $"{name}: {(named ? message[(colon + 2)..] : message)}");
            return default;
        }
    }

    private static int? WholeNumber(ArgumentResult result, string name, int least, int most)
    {
        string token = result.Tokens[0].Value;
        if (int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
            && value <= most)
            return value;
        result.AddError($"{name}: expected a whole number {(most == int.MaxValue ? $"of at least {least}" : $"from {least} to {most}")}, "
            + $"got '{token}'");
        return null;
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
