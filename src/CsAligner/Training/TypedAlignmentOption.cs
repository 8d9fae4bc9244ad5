using System.Text.Json;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>An option whose value is a <typeparamref name="T"/>, made by <see cref="AlignmentOptionKinds"/>.</summary>
internal sealed class TypedAlignmentOption<T> : AlignmentOption
{
    public required Func<AlignmentOptions, T> Get { get; init; }

    public required Func<AlignmentOptions, T, AlignmentOptions> Set { get; init; }

    /// <summary>The value of a text; a <see cref="FormatException"/> where it is none.</summary>
    public required Func<AlignmentOptions, string, T> FromText { get; init; }

    /// <summary>The value of JSON; a <see cref="FormatException"/> where it is none.</summary>
    public required Func<AlignmentOptions, JsonElement, T> FromJson { get; init; }

    public required Func<T, string> ToText { get; init; }

    public required Action<Utf8JsonWriter, T> ToJson { get; init; }

    /// <summary>Whether a value is in the range.</summary>
    public Func<T, bool> Fits { get; init; } = _ => true;

    /// <summary>Whether JSON has it: what came later is left out at its default, so that files and checkpoints stay as they were.</summary>
    public Func<AlignmentOptions, bool> IsWritten { get; init; } = _ => true;

    public Func<AlignmentOptions, bool> UsedBy { get; init; } = _ => true;

    public override bool IsUsed(AlignmentOptions options) => UsedBy(options);

    public override void Check(string text) => Value(new AlignmentOptions(), text);

    public override void Check(AlignmentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        T value = Get(options);
        if (!Fits(value)) throw new AlignmentOptionException($"{this}: expected {Range}, got {ToText(value)}");
        // For an adapter's kind and similar options, the known values depend on the other options.
        Checked(() => FromText(options, ToText(value)), $"'{ToText(value)}'", "");
    }

    public override AlignmentOptions Read(AlignmentOptions options, string text)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Set(options, Value(options, text));
    }

    public override AlignmentOptions Read(AlignmentOptions options, JsonElement value)
    {
        ArgumentNullException.ThrowIfNull(options);
        string text = value.ValueKind == JsonValueKind.String && Words.Count > 0 ? value.GetRawText().Trim('"') : "";
        return Set(options, Checked(() => FromJson(options, value), StrictJson.Describe(value), text));
    }

    public override void Write(Utf8JsonWriter writer, AlignmentOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(options);
        if (!IsWritten(options)) return;
        writer.WritePropertyName(Key);
        ToJson(writer, Get(options));
    }

    public override string Text(AlignmentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ToText(Get(options));
    }

    private T Value(AlignmentOptions options, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Checked(() => FromText(options, text), $"'{text}'", text);
    }

    private T Checked(Func<T> read, string got, string word)
    {
        try
        {
            T value = read();
            if (Fits(value)) return value;
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            // Said below.
        }
        catch (InputException e)
        {
            // Parsers that others use too begin with their own name for what they parse.
            string own = Key.Replace('_', '-') + ": ";
            string message = e.Message.StartsWith(own, StringComparison.Ordinal) ? e.Message[own.Length..] : e.Message;
            throw new AlignmentOptionException($"{this}: {message}", e);
        }

        throw new AlignmentOptionException($"{this}: expected {Expected}, got {got}{Suggestion.End(word, Words)}");
    }
}
