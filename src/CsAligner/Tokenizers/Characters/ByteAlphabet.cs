namespace CsAligner.Tokenizers.Characters;

/// <summary>
/// The visible character that stands for each byte in vocab.json and merges.txt, so that a token file is text
/// whatever bytes its tokens hold: printable Latin-1 characters map to themselves, the rest to U+0100 and up.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly byte[] s_order = MakeOrder();
    private static readonly char[] s_characters = MakeCharacters();
    private static readonly short[] s_bytes = MakeBytes();

    /// <summary>All 256 bytes in the order of their token ids: the visible ones first.</summary>
    public static ReadOnlySpan<byte> Order => s_order;

    public static char CharacterOf(byte value) => s_characters[value];

    /// <summary>The byte that a character stands for, or -1.</summary>
    public static int ByteOf(char character) => character < s_bytes.Length ? s_bytes[character] : -1;

    private static bool IsVisible(int value) => value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);

    private static byte[] MakeOrder() =>
        [.. Enumerable.Range(0, 256).Where(IsVisible).Concat(Enumerable.Range(0, 256).Where(value => !IsVisible(value)))
            .Select(value => (byte)value)];

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++)
            characters[value] = (char)(IsVisible(value) ? value : next++);
        return characters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[s_characters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
            bytes[s_characters[value]] = (short)value;
        return bytes;
    }
}
