using CsAligner.Tensors;

namespace CsAligner.Tokenizers.Pipeline;

/// <summary>
/// What the steps of a file may make of a text: many small ones can double it each time, and expressions can take seconds in each of
/// many places. Tracks the text that a thread is processing, because steps come from files and can be nested.
/// </summary>
internal static class TextBudget
{
    // Unicode's own forms make 18 characters of one at most, and bytes written visibly two of each of these.
    private const int MostTimes = 64, Spare = 4096;

    // For expressions: far more than any sound one needs, on the slowest machine.
    private const int Patience = 2000, CharactersPerMillisecond = 100;

    [ThreadStatic]
    private static int t_length;

    [ThreadStatic]
    private static long t_spent;

    /// <summary>Begins another text.</summary>
    public static void Begin(int length) => (t_length, t_spent) = (length, 0);

    /// <summary>States how many characters a step makes of the text.</summary>
    /// <exception cref="InputException">They are far more than the text has.</exception>
    public static void RequireLength(long characters)
    {
        if (characters > ((long)MostTimes * t_length) + Spare)
            throw new InputException($"tokenizing a text of {t_length} characters: the tokenizer's steps make it more than {MostTimes} "
                + "times as long; use a tokenizer without such steps.");
    }

    /// <summary>Whether an expression that began at this tick, and those before it, have taken too long.</summary>
    public static bool IsSpent(long began) => t_spent + Environment.TickCount64 - began > Patience + (t_length / CharactersPerMillisecond);

    /// <summary>Adds the time of an expression that began at this tick.</summary>
    public static void Spend(long began) => t_spent += Environment.TickCount64 - began;
}
