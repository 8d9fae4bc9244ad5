using System.Globalization;
using System.Text.Json;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>The kinds of options: how values of each are read, written and checked.</summary>
internal static class AlignmentOptionKinds
{
    private const string None = "none";

    /// <summary>A number of a range; where <paramref name="orNone"/>, <c>none</c> (null in JSON) is infinity.</summary>
    public static AlignmentOption Number(string key, string property, string help, double least, double most,
        Func<AlignmentOptions, double> get, Func<AlignmentOptions, double, AlignmentOptions> set, bool leastIncluded = true,
        bool isChoosable = false, bool orNone = false, Func<AlignmentOptions, bool>? isWritten = null,
        Func<AlignmentOptions, bool>? usedBy = null)
    {
        string range = most == double.PositiveInfinity ? $"above {Text(least)}"
            : leastIncluded ? $"{Text(least)} to {Text(most)}"
            : $"above {Text(least)} and at most {Text(most)}";
        string end = orNone ? $" or {None}" : "";
        return new TypedAlignmentOption<double>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = range + end,
            Expected = $"a number {(char.IsDigit(range[0]) ? "of " : "")}{range}{end}",
            ValueName = orNone ? "F|" + None : "F",
            IsChoosable = isChoosable,
            Get = get,
            Set = set,
            FromText = (_, text) => orNone && text == None ? double.PositiveInfinity : Finite(ParseNumber(text)),
            FromJson = (_, value) => orNone && value.ValueKind == JsonValueKind.Null ? double.PositiveInfinity : Finite(Number(value)),
            ToText = value => orNone && value == double.PositiveInfinity ? None : Text(value),
            ToJson = (writer, value) =>
            {
                if (orNone && value == double.PositiveInfinity) writer.WriteNullValue();
                else writer.WriteNumberValue(value);
            },
            Fits = value => (orNone && value == double.PositiveInfinity)
                || (value <= most && (leastIncluded ? value >= least : value > least)),
            IsWritten = isWritten ?? Always,
            UsedBy = usedBy ?? Always,
        };
    }

    /// <summary>A whole number.</summary>
    public static AlignmentOption Count(string key, string property, string help, int least, int most, Func<AlignmentOptions, int> get,
        Func<AlignmentOptions, int, AlignmentOptions> set, Func<AlignmentOptions, bool>? isWritten = null) =>
        new TypedAlignmentOption<int>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = Range(least, most),
            Expected = "a whole number of " + Range(least, most),
            ValueName = "N",
            Get = get,
            Set = set,
            FromText = (_, text) => ParseWhole(text),
            FromJson = (_, value) => Whole(value),
            ToText = value => value.ToString(CultureInfo.InvariantCulture),
            ToJson = (writer, value) => writer.WriteNumberValue(value),
            Fits = value => value >= least && value <= most,
            IsWritten = isWritten ?? Always,
        };

    /// <summary>A whole number, or none (empty as text, null in JSON), which leaves the choice to the program.</summary>
    public static AlignmentOption OptionalCount(string key, string property, string help, int most, Func<AlignmentOptions, int?> get,
        Func<AlignmentOptions, int?, AlignmentOptions> set, Func<AlignmentOptions, bool>? isWritten = null) =>
        new TypedAlignmentOption<int?>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = Range(1, most),
            Expected = "a whole number of " + Range(1, most),
            ValueName = "N",
            Get = get,
            Set = set,
            FromText = (_, text) => text.Length == 0 ? null : ParseWhole(text),
            FromJson = (_, value) => value.ValueKind == JsonValueKind.Null ? null : Whole(value),
            ToText = value => value?.ToString(CultureInfo.InvariantCulture) ?? "",
            ToJson = (writer, value) =>
            {
                if (value is { } number) writer.WriteNumberValue(number);
                else writer.WriteNullValue();
            },
            Fits = value => value is null || (value >= 1 && value <= most),
            IsWritten = isWritten ?? Always,
        };

    /// <summary>A number from 0, or none (empty as text, null in JSON), which leaves the choice to the program.</summary>
    public static AlignmentOption OptionalNumber(string key, string property, string help, double most, Func<AlignmentOptions, double?> get,
        Func<AlignmentOptions, double?, AlignmentOptions> set, Func<AlignmentOptions, bool> usedBy) =>
        new TypedAlignmentOption<double?>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = $"0 to {Text(most)}",
            Expected = $"a number of 0 to {Text(most)}",
            ValueName = "F",
            Get = get,
            Set = set,
            FromText = (_, text) => text.Length == 0 ? null : Finite(ParseNumber(text)),
            FromJson = (_, value) => value.ValueKind == JsonValueKind.Null ? null : Finite(Number(value)),
            ToText = value => value is { } number ? Text(number) : "",
            ToJson = (writer, value) =>
            {
                if (value is { } number) writer.WriteNumberValue(number);
                else writer.WriteNullValue();
            },
            Fits = value => value is null || (value >= 0 && value <= most),
            UsedBy = usedBy,
        };

    /// <summary>A whole number of 64 bits.</summary>
    public static AlignmentOption Seed(string key, string property, string help, Func<AlignmentOptions, ulong> get,
        Func<AlignmentOptions, ulong, AlignmentOptions> set) =>
        new TypedAlignmentOption<ulong>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = $"0 to {ulong.MaxValue}",
            Expected = $"a whole number of 0 to {ulong.MaxValue}",
            ValueName = "N",
            Get = get,
            Set = set,
            FromText = (_, text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
                ? value
                : throw new FormatException(),
            FromJson = (_, value) => value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) ? number
                : LenientJson.TryGetWhole(value, out long whole) && whole >= 0 ? (ulong)whole
                : throw new FormatException(),
            ToText = value => value.ToString(CultureInfo.InvariantCulture),
            ToJson = (writer, value) => writer.WriteNumberValue(value),
        };

    /// <summary>On or off. One that is on unless said otherwise takes <c>true</c> or <c>false</c> on the command line.</summary>
    public static AlignmentOption Switch(string key, string property, string help, Func<AlignmentOptions, bool> get,
        Func<AlignmentOptions, bool, AlignmentOptions> set, Func<AlignmentOptions, bool>? isWritten = null,
        Func<AlignmentOptions, bool>? usedBy = null) =>
        new TypedAlignmentOption<bool>
        {
            Key = key,
            Property = property,
            Help = help,
            Expected = "true or false",
            ValueName = "true|false",
            Words = ["true", "false"],
            IsSwitch = !get(new AlignmentOptions()),
            Get = get,
            Set = set,
            FromText = (_, text) => text switch { "true" => true, "false" => false, _ => throw new FormatException() },
            FromJson = (_, value) => value.GetBoolean(),
            ToText = value => value ? "true" : "false",
            ToJson = (writer, value) => writer.WriteBooleanValue(value),
            IsWritten = isWritten ?? Always,
            UsedBy = usedBy ?? Always,
        };

    /// <summary>One of a few words.</summary>
    public static AlignmentOption Choice<T>(string key, string property, string help, (string Word, T Value)[] words,
        Func<AlignmentOptions, T> get, Func<AlignmentOptions, T, AlignmentOptions> set, Func<AlignmentOptions, bool>? isWritten = null)
        where T : struct
    {
        string[] all = [.. words.Select(choice => choice.Word)];
        string expected = $"{string.Join(", ", all[..^1])} or {all[^1]}";
        return new TypedAlignmentOption<T>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = expected,
            Expected = expected,
            ValueName = string.Join('|', all),
            Words = all,
            Get = get,
            Set = set,
            FromText = (_, text) => Value(text),
            FromJson = (_, value) => Value(Text(value)),
            ToText = value => words.FirstOrDefault(choice => choice.Value.Equals(value)).Word ?? value.ToString() ?? "",
            ToJson = (writer, value) => writer.WriteStringValue(words.First(choice => choice.Value.Equals(value)).Word),
            Fits = value => words.Any(choice => choice.Value.Equals(value)),
            IsWritten = isWritten ?? Always,
        };

        T Value(string text) =>
            Array.Find(words, choice => choice.Word == text) is { Word: not null } found ? found.Value : throw new FormatException();
    }

    /// <summary>Several numbers above 0, or none.</summary>
    public static AlignmentOption Numbers(string key, string property, string help, int most,
        Func<AlignmentOptions, IReadOnlyList<double>> get, Func<AlignmentOptions, IReadOnlyList<double>, AlignmentOptions> set,
        Func<AlignmentOptions, bool>? isWritten = null, Func<AlignmentOptions, bool>? usedBy = null) =>
        new TypedAlignmentOption<IReadOnlyList<double>>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = $"at most {most} numbers above 0",
            Expected = $"at most {most} numbers above 0, such as 0.5 1 2",
            ValueName = "F",
            TakesMany = true,
            Get = get,
            Set = set,
            FromText = (_, text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ParseNumber)],
            FromJson = (_, value) => [.. value.EnumerateArray().Select(Number)],
            ToText = values => string.Join(' ', values.Select(Text)),
            ToJson = (writer, values) =>
            {
                writer.WriteStartArray();
                foreach (double value in values) writer.WriteNumberValue(value);
                writer.WriteEndArray();
            },
            Fits = values => values.Count <= most && values.All(value => value > 0 && double.IsFinite(value)),
            IsWritten = isWritten ?? Always,
            UsedBy = usedBy ?? Always,
        };

    /// <summary>What a function of the library parses, and <see cref="object.ToString"/> gives back; it has its own words for failures. A
    /// number in JSON is its text.</summary>
    public static AlignmentOption Parsed<T>(string key, string property, string help, string valueName, string expected,
        IReadOnlyList<string> words, Func<AlignmentOptions, string, T> parse, Func<AlignmentOptions, T> get,
        Func<AlignmentOptions, T, AlignmentOptions> set, bool isChoosable = false, Func<AlignmentOptions, bool>? usedBy = null)
        where T : class =>
        new TypedAlignmentOption<T>
        {
            Key = key,
            Property = property,
            Help = help,
            Range = expected,
            Expected = expected,
            ValueName = valueName,
            Words = words,
            IsChoosable = isChoosable,
            Get = get,
            Set = set,
            FromText = parse,
            FromJson = (options, value) => parse(options, value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(value)),
            ToText = value => value.ToString() ?? "",
            ToJson = (writer, value) => writer.WriteStringValue(value.ToString()),
            UsedBy = usedBy ?? Always,
        };

    private static bool Always(AlignmentOptions options) => true;

    private static string Range(int least, int most) => most == int.MaxValue ? $"{least} or more" : $"{least} to {most}";

    private static int ParseWhole(string text) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            ? value
            : throw new FormatException();

    private static double ParseNumber(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : throw new FormatException();

    private static double Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : throw new FormatException();

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new FormatException();

    private static int Whole(JsonElement value) =>
        LenientJson.TryGetWhole(value, out long whole) && whole is >= int.MinValue and <= int.MaxValue
            ? (int)whole
            : throw new FormatException();

    private static string Text(JsonElement value) =>
        (value.ValueKind == JsonValueKind.String ? value.GetString() : null) ?? throw new FormatException();

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
